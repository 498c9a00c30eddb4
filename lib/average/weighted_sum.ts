import {
  type Parameters,
  scalarOf,
  type Tensor,
  tf,
} from "../engine/tensor.ts";
import { ShapeError } from "../num/shape_error.ts";
import { checkSets } from "./check_sets.ts";

/**
 * Adds up parameter sets, each times its weight.
 *
 *     sum[name] = sum over k of weights[k] * sets[k][name]
 *
 * The weights are used as they are; they need not add up to 1.
 *
 * @param sets At least one, of the same names and shapes; they stay alive.
 * @param weights One a set.
 * @returns New tensors; the caller disposes them.
 * @throws {ShapeError} If names, shapes or the number of weights differ.
 *
 * @example Usage
 * ```ts
 * import { read, tensorOf, useEngine, weightedSum } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const sets = [{ w: tensorOf([1], [1]) }, { w: tensorOf([5], [1]) }];
 * assertEquals([...read(weightedSum(sets, [2, -1])["w"]!)], [-3]);
 * ```
 */
export function weightedSum(
  sets: readonly Parameters[],
  weights: readonly number[],
): Parameters {
  const names = checkSets(sets, "add parameter sets");
  if (weights.length !== sets.length) {
    throw new ShapeError(
      "add parameter sets",
      `${sets.length} weights`,
      `${weights.length}`,
    );
  }
  return Object.fromEntries(
    names.map((name) => [name, sumOf(sets.map((set) => set[name]!), weights)]),
  );
}

/** Weighted sum of tensors of one shape, holding two at a time. */
function sumOf(tensors: readonly Tensor[], weights: readonly number[]): Tensor {
  return tensors.slice(1).reduce(
    (sum, tensor, i) => {
      const next = tf.tidy(() =>
        tf.add(sum, tf.mul(tensor, scalarOf(weights[i + 1]!)))
      );
      sum.dispose();
      return next;
    },
    tf.tidy(() => tf.mul(tensors[0]!, scalarOf(weights[0]!))),
  );
}
