import { scalarOf, type Tensor, tensorOf, tf } from "../engine/tensor.ts";

/**
 * Scales each row of scores to `[0, 1]`, its lowest to 0 and its highest to 1.
 *
 *     y = (s - min s) / (max s - min s + 1e-8)
 *
 * The gradient flows through the lowest and the highest; where several tie,
 * through the first of them only. A row of equal scores becomes zeros.
 *
 * Range: `[0, 1)`.
 * Source: PyLate `Distillation(normalize_scores=True)` and ColBERT pull request
 * 361, the same formula and the same 1e-8.
 *
 * @param scores `[queries, ways]`.
 * @returns `[queries, ways]`.
 *
 * @example Usage
 * ```ts
 * import { minMax, read, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const scaled = read(minMax(tensorOf([10, 20, 15], [1, 3])));
 * assertAlmostEquals(scaled[2]!, 0.5, 1e-8);
 * ```
 */
export function minMax(scores: Tensor): Tensor {
  const lowest = entryAt(scores, tf.argMin(scores, 1));
  const highest = entryAt(scores, tf.argMax(scores, 1));
  const range = tf.add(tf.sub(highest, lowest), scalarOf(1e-8));
  return tf.div(tf.sub(scores, lowest), range);
}

/** One entry of each row, `[queries, 1]`, with its gradient. */
function entryAt(scores: Tensor, index: Tensor): Tensor {
  const [queries, ways] = scores.shape as [number, number];
  const columns = tensorOf([...Array(ways).keys()], [1, ways], "int32");
  const isChosen = tf.equal(columns, tf.reshape(index, [queries, 1]));
  return tf.sum(tf.where(isChosen, scores, tf.zerosLike(scores)), 1, true);
}
