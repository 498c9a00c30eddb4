import { read, tf } from "../tensor.ts";
import type { Tensor } from "../tensor.ts";
import { hasKernel, runKernel, runOnSets } from "./fused.ts";

/**
 * Adds up the squares of all numbers of many tensors: the squared length of a
 * gradient, for clipping.
 *
 * Each tensor is summed by the engine, the tensors in 64 bits; an engine that waits
 * for every number that is read may sum them all. Not differentiable.
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
  if (tensors.length > 0 && hasKernel("LabSumOfSquaresList")) {
    const sets = tensors.map((x) => ({ x }));
    return numberOf(runOnSets("LabSumOfSquaresList", sets, {})[0]!);
  }
  return tensors.reduce((total, x) => total + numberOf(oneSum(x)), 0);
}

/** The sum of one tensor's squares. */
function oneSum(x: Tensor): Tensor {
  return hasKernel("LabSumOfSquares")
    ? runKernel("LabSumOfSquares", { x })[0]!
    : tf.tidy(() => tf.sum(tf.square(x)));
}

/** Reads a scalar and frees it. */
function numberOf(x: Tensor): number {
  const [number] = read(x);
  x.dispose();
  return number!;
}
