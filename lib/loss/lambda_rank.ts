import { read, scalarOf, type Tensor, tensorOf, tf } from "../engine/tensor.ts";
import { checkRows, checkTeacher } from "./check_rows.ts";

/**
 * The logistic loss of each pair that the labels order, weighted by how much nDCG
 * a swap of the two would change.
 *
 *     loss = mean over queries of sum over t[i] > t[j] of
 *            |2^t[i] - 2^t[j]| |1/log2(1 + rank i) - 1/log2(1 + rank j)| / ideal
 *            * log(1 + exp(s[j] - s[i]))
 *
 * Ranks are those of the current scores, ties in the order given; the weights are
 * constants. A query whose labels are all equal adds 0. A NaN score makes the
 * loss NaN.
 *
 * Range: `[0, infinity)`, nats, mean over queries of sums over pairs.
 * Cost: `queries * ways^2`; reads the scores.
 * Source: Burges 2010 (from RankNet to LambdaRank to LambdaMART), section 4; the
 * LambdaRank scheme of Wang and others 2018.
 * Differs: sentence-transformers' `LambdaLoss` means over all ordered pairs of the
 * batch, which gives queries with many pairs more weight.
 *
 * @param scores The student's, `[queries, ways]`.
 * @param labels Graded relevance, `[queries, ways]`, at least 0; a constant.
 * @returns A scalar.
 * @throws {ShapeError} If the shapes differ or are no matrices.
 * @throws {RangeError} If a label is negative or no number.
 *
 * @example Usage
 * ```ts
 * import { lambdaRank, read, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const loss = lambdaRank(tensorOf([1, 3], [1, 2]), tensorOf([1, 0], [1, 2]));
 * const weight = 1 - 1 / Math.log2(3); // places 1 and 2 swapped, ideal 1
 * assertAlmostEquals(read(loss)[0]!, weight * Math.log1p(Math.exp(2)), 1e-12);
 * ```
 */
export function lambdaRank(scores: Tensor, labels: Tensor): Tensor {
  const { queries, ways } = checkRows(scores, "compare ranks");
  checkTeacher(scores, labels, "compare ranks");
  const weights = swapWeights([...read(scores)], [...read(labels)], ways);
  return tf.tidy(() => {
    const behind = tf.sub(
      tf.reshape(scores, [queries, 1, ways]),
      tf.reshape(scores, [queries, ways, 1]),
    );
    const losses = tf.mul(
      tf.softplus(behind),
      tensorOf(weights, [queries, ways, ways]),
    );
    return tf.mul(tf.sum(losses), scalarOf(1 / queries));
  });
}

/** Change of nDCG by a swap, at each pair that the labels order, `[queries * ways * ways]`. */
function swapWeights(
  scores: readonly number[],
  labels: readonly number[],
  ways: number,
): Float64Array {
  const weights = new Float64Array(scores.length * ways);
  for (let from = 0; from < scores.length; from += ways) {
    const gains = labels.slice(from, from + ways).map(gainOf);
    const discounts = discountsOf(scores.slice(from, from + ways));
    const ideal = idealOf(gains);
    gains.forEach((gain, i) =>
      gains.forEach((other, j) => {
        if (!(gain > other)) return;
        const swap = (gain - other) * Math.abs(discounts[i]! - discounts[j]!);
        weights[(from + i) * ways + j] = swap / ideal;
      })
    );
  }
  return weights;
}

/** What a label is worth, `2^label - 1`. */
function gainOf(label: number): number {
  if (!(label >= 0)) {
    throw new RangeError(
      `Cannot compare ranks: expected labels of at least 0, got ${label}`,
    );
  }
  return 2 ** label - 1;
}

/** What each place is worth, by the order of the scores. */
function discountsOf(scores: readonly number[]): number[] {
  const order = scores.map((_, i) => i).sort((a, b) => scores[b]! - scores[a]!);
  const discounts: number[] = [];
  order.forEach((i, place) => discounts[i] = 1 / Math.log2(2 + place));
  return discounts;
}

/** The highest discounted gain that the labels allow. */
function idealOf(gains: readonly number[]): number {
  return gains.toSorted((a, b) => b - a).reduce(
    (sum, gain, place) => sum + gain / Math.log2(2 + place),
    0,
  );
}
