import { scalarOf, tf } from "../tensor.ts";
import type { Tensor } from "../tensor.ts";
import { hasKernel, runKernel, runOnSets } from "./fused.ts";

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

/**
 * Multiplies many tensors by one number and consumes them, in one call where the
 * engine can.
 *
 * Each is multiplied as by {@linkcode scaleInPlace}.
 *
 * @param many Float tensors of any shapes; consumed.
 * @param factor The number.
 * @returns The products, in their order; the caller disposes them.
 *
 * @example Usage
 * ```ts
 * import { read, scaleAllInPlace, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const scaled = scaleAllInPlace([tensorOf([1, 2], [2]), tensorOf([3], [])], 3);
 * assertEquals(scaled.map((x) => [...read(x)]), [[3, 6], [9]]);
 * ```
 */
export function scaleAllInPlace(
  many: readonly Tensor[],
  factor: number,
): Tensor[] {
  if (many.length === 0 || !hasKernel("LabScaleList")) {
    return many.map((x) => scaleInPlace(x, factor));
  }
  const sets = many.map((x) => ({ x }));
  const made = runOnSets("LabScaleList", sets, { factor });
  tf.dispose(sets);
  return made;
}
