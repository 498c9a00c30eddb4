import type { Parameters } from "../engine/tensor.ts";
import { checkSets } from "./check_sets.ts";
import { weightedSum } from "./weighted_sum.ts";

/**
 * The weighted mean of parameter sets.
 *
 *     mean = sum over k of weights[k] sets[k] / sum of weights
 *
 * With two sets and weights `1 - t` and `t` it is the straight line between them.
 *
 * Source: mergekit's `linear`, whose weights are normalised as well.
 *
 * @param sets At least one, of the same names and shapes; they stay alive.
 * @param weights One a set; their sum is not 0.
 * @returns New tensors; the caller disposes them.
 * @throws {RangeError} If there is no set or the weights add up to 0 or to no number.
 * @throws {ShapeError} If names, shapes or the number of weights differ.
 *
 * @example Usage
 * ```ts
 * import { lerp, read, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const sets = [{ w: tensorOf([0], [1]) }, { w: tensorOf([8], [1]) }];
 * assertEquals([...read(lerp(sets, [3, 1])["w"]!)], [2]);
 * ```
 */
export function lerp(
  sets: readonly Parameters[],
  weights: readonly number[],
): Parameters {
  checkSets(sets, "average parameter sets");
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (!(Math.abs(total) > 0 && Math.abs(total) < Infinity)) {
    throw new RangeError(
      `Cannot average parameter sets: expected weights with a sum other than 0, got ${
        weights.join(", ")
      }`,
    );
  }
  return weightedSum(sets, weights.map((weight) => weight / total));
}
