import { scalarOf, type Tensor, tf } from "../engine/tensor.ts";
import { checkRows, checkTeacher } from "./check_rows.ts";
import { constant } from "./constant.ts";
import { margins } from "./margin_mse.ts";

/**
 * The logistic loss of the positive against each negative.
 *
 *     loss = mean over queries and j > 0 of log(1 + exp(s[j] - s[0]))
 *
 * The positive is the first way. This is binary cross-entropy of the margins
 * with the label "the positive is better"; a margin of 1e30 does not overflow.
 *
 * Range: `[0, infinity)`, nats, mean over queries and pairs.
 * Source: Burges and others 2005, equation 3; the RankNet of Hofstätter and others
 * 2020.
 * Differs: sentence-transformers' `RankNetLoss` takes all pairs that the labels
 * order, and logarithms to base 2.
 *
 * @param scores `[queries, ways]`, the positive first.
 * @returns A scalar.
 * @throws {ShapeError} If scores are no matrix or there is one way only.
 *
 * @example Usage
 * ```ts
 * import { rankNet, read, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const loss = rankNet(tensorOf([3, 1], [1, 2]));
 * assertAlmostEquals(read(loss)[0]!, Math.log1p(Math.exp(-2)), 1e-12);
 * ```
 */
export function rankNet(scores: Tensor): Tensor {
  const { queries, ways } = checkRows(scores, "compare a pair", 2);
  return tf.tidy(() => {
    const losses = tf.softplus(tf.neg(margins(scores)));
    return tf.mul(tf.sum(losses), scalarOf(1 / (queries * (ways - 1))));
  });
}

/**
 * RankNet with each pair weighted by the teacher's margin.
 *
 *     loss = mean over queries and j > 0 of (t[0] - t[j]) log(1 + exp(s[j] - s[0]))
 *
 * A pair that the teacher orders the other way has a negative weight: it pushes
 * the negative up without bound. Filter such pairs, or know why not.
 *
 * Range: all numbers, nats times teacher scores, mean over queries and pairs.
 * Source: Hofstätter and others 2020, the weighted RankNet of its table of losses.
 *
 * @param scores The student's, `[queries, ways]`, the positive first.
 * @param teacher The teacher's, `[queries, ways]`; a constant.
 * @returns A scalar.
 * @throws {ShapeError} If the shapes differ or there is one way only.
 *
 * @example Usage
 * ```ts
 * import { read, tensorOf, useEngine, weightedRankNet } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const loss = weightedRankNet(tensorOf([1, 1], [1, 2]), tensorOf([4, 1], [1, 2]));
 * assertAlmostEquals(read(loss)[0]!, 3 * Math.log(2), 1e-12);
 * ```
 */
export function weightedRankNet(scores: Tensor, teacher: Tensor): Tensor {
  const { queries, ways } = checkRows(scores, "compare a pair", 2);
  checkTeacher(scores, teacher, "compare a pair");
  return tf.tidy(() => {
    const losses = tf.softplus(tf.neg(margins(scores)));
    const weighted = tf.mul(losses, constant(margins(teacher)));
    return tf.mul(tf.sum(weighted), scalarOf(1 / (queries * (ways - 1))));
  });
}
