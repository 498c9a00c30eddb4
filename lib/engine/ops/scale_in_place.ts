import { scalarOf, tf } from "../tensor.ts";
import type { Tensor } from "../tensor.ts";
import { hasKernel, runKernel } from "./fused.ts";

/**
 * Multiplies a tensor by a number and consumes it.
 *
 *     y = factor x
 *
 * An engine may return the same storage, changed in place. Not differentiable.
 *
 * @param x Any float tensor; consumed.
 * @param factor The number.
 * @returns The product; the caller disposes it.
 *
 * @example Usage
 * ```ts
 * import { read, scaleInPlace, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * assertEquals([...read(scaleInPlace(tensorOf([1, 2], [2]), 3))], [3, 6]);
 * ```
 */
export function scaleInPlace(x: Tensor, factor: number): Tensor {
  const y = hasKernel("LabScale")
    ? runKernel("LabScale", { x }, { factor })[0]!
    : tf.tidy(() => tf.mul(x, scalarOf(factor)));
  x.dispose();
  return y;
}
