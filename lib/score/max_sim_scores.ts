import { maxSim } from "../engine/ops/max_sim.ts";
import { type Tensor, tensorOf, tf } from "../engine/tensor.ts";
import type { TokenVectors } from "../encoder/encoder.ts";
import { countingTokens } from "./counting_tokens.ts";
import { type Similarity, withSimilarity } from "./similarity.ts";

/** Settings of {@linkcode maxSimScores}. */
export interface MaxSimScoresOptions {
  /**
   * Documents of each query: query `i` meets documents `i * ways` to
   * `i * ways + ways - 1` only. Absent: every query meets every document.
   */
  readonly ways?: number | undefined;
  /** What makes two vectors alike. Default `dot`. */
  readonly similarity?: Similarity;
  /** `mean` divides a score by its query's counting tokens (mean-MaxSim). Default `sum`. */
  readonly reduction?: "sum" | "mean";
}

/**
 * Scores documents against queries: every query token takes its best document
 * token, and the bests are added up.
 *
 *     score[i, j] = sum over kept q of query i, of max over kept d of document j, of <q, d>
 *
 * Dropped tokens take part as minus infinity before the max and are left out of
 * the sum; they are never zeros, which would beat negative similarities. Of several
 * best document tokens the first gets the gradient.
 *
 * The mean makes queries of unlike lengths comparable; it never changes a query's
 * ranking.
 *
 * Range: `[-queryTokens, queryTokens]` for unit vectors, `[-1, 1]` for their mean.
 * Cost: the block of all token pairs is never held at once.
 * Source: Khattab and Zaharia 2020 (ColBERT), section 3.3, equation 3.
 * Differs: PyLate multiplies dropped similarities by 0, a floor of 0 a query token.
 *
 * @param queries Token vectors of the queries.
 * @param documents Token vectors of the documents, of the same length.
 * @param options Ways, similarity and reduction.
 * @returns `[queries, documents]`, or `[queries, ways]`; the caller disposes it.
 * @throws {ShapeError} If the vectors differ in length, or the documents are not
 * `queries * ways`.
 * @throws {RangeError} If a text has no counting token, naming it.
 *
 * @example Usage
 * ```ts
 * import { maxSimScores, read, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const queries = {
 *   values: tensorOf([1, 0, 0, 1], [2, 2]),
 *   offsets: new Int32Array([0, 2]), // one query of two tokens
 *   keep: new Uint8Array([1, 1]),
 * };
 * const documents = {
 *   values: tensorOf([1, 0, -1, 0, 0, 0.5], [3, 2]),
 *   offsets: new Int32Array([0, 2, 3]), // two documents
 *   keep: new Uint8Array([1, 1, 1]),
 * };
 * assertEquals([...read(maxSimScores(queries, documents))], [1, 0.5]);
 * ```
 */
export function maxSimScores(
  queries: TokenVectors,
  documents: TokenVectors,
  options: MaxSimScoresOptions = {},
): Tensor {
  const { ways, similarity = "dot", reduction = "sum" } = options;
  return tf.tidy(() => {
    const [q, d] = withSimilarity(queries, documents, similarity);
    const scores = maxSim(q.values, d.values, {
      queryOffsets: q.offsets,
      documentOffsets: d.offsets,
      queryKeep: q.keep,
      documentKeep: d.keep,
      ways,
    });
    return reduction === "sum" ? scores : overQueryTokens(scores, q);
  });
}

/** Scores over the number of counting tokens of their query. */
function overQueryTokens(scores: Tensor, queries: TokenVectors): Tensor {
  const shares = countingTokens(queries, "score query")
    .map((rows) => 1 / rows.length);
  return tf.mul(scores, tensorOf(shares, [shares.length, 1]));
}
