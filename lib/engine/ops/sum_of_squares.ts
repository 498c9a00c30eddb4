import { read, tf } from "../tensor.ts";
import type { Tensor } from "../tensor.ts";
import { hasKernel, runKernel } from "./fused.ts";

/**
 * Adds up the squares of all numbers of many tensors: the squared length of a
 * gradient, for clipping.
 *
 * Each tensor is summed by the engine, the tensors in 64 bits. Not differentiable.
 *
 * Range: 0 or more; `Infinity` where a square passes the engine's largest float,
 * `NaN` where any number is.
 *
 * @param tensors The tensors; they stay alive.
 * @returns The sum.
 *
 * @example Usage
 * ```ts
 * import { sumOfSquares, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * assertEquals(sumOfSquares([tensorOf([1, 2], [2]), tensorOf([3], [])]), 14);
 * ```
 */
export function sumOfSquares(tensors: readonly Tensor[]): number {
  let total = 0;
  for (const x of tensors) {
    const part = tf.tidy(() =>
      hasKernel("LabSumOfSquares")
        ? runKernel("LabSumOfSquares", { x })[0]!
        : tf.sum(tf.square(x))
    );
    total += read(part)[0]!;
    part.dispose();
  }
  return total;
}
