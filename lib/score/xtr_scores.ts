import { read, type Tensor, tensorOf, tf } from "../engine/tensor.ts";
import type { TokenVectors } from "../encoder/encoder.ts";
import { countingTokens } from "./counting_tokens.ts";

/** Settings of {@linkcode xtrScores}. */
export interface XtrOptions {
  /** Document tokens that each query token retrieves from the batch, at least 1. Default 256. */
  readonly k?: number;
}

/** The best retrieved token of one document for one query token. */
interface Match {
  /** Place in the block of similarities. */
  readonly place: number;
  /** Place in the scores. */
  readonly pair: number;
}

/**
 * XTR's training scores: a document is scored only by those of its tokens that
 * are among a query token's `k` nearest in the whole batch.
 *
 *     score = (1 / Z) sum over kept q of max over retrieved kept d of <q, d>
 *     Z = number of query tokens that retrieve any token of the document
 *
 * A query token that retrieves nothing of a document is left out of its sum and of
 * Z; a document of which nothing is retrieved scores 0 and has no gradient. Of equal
 * similarities the first is retrieved.
 *
 * Cost: holds the block `[queryTokens, documentTokens]`; reads it.
 * Source: Lee and others 2023 (XTR), section 3.1, equation 4.
 * Differs: PyLate's `XTRScores` floors a retrieved similarity at 0 and counts only
 * positive ones in Z.
 *
 * @param queries Token vectors of the queries.
 * @param documents Token vectors of the documents, of the same length.
 * @param options How many are retrieved.
 * @returns `[queries, documents]`; the caller disposes it.
 * @throws {RangeError} If k is not a whole number from 1, or a text has no counting
 * token, naming it.
 *
 * @example Usage
 * ```ts
 * import { read, tensorOf, useEngine, xtrScores } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const query = {
 *   values: tensorOf([1, 0, 0, 1], [2, 2]),
 *   offsets: new Int32Array([0, 2]),
 *   keep: new Uint8Array([1, 1]),
 * };
 * const documents = {
 *   values: tensorOf([1, 0, 0.5, 0.75], [2, 2]),
 *   offsets: new Int32Array([0, 1, 2]), // two documents of one token
 *   keep: new Uint8Array([1, 1]),
 * };
 * assertEquals([...read(xtrScores(query, documents, { k: 1 }))], [1, 0.75]);
 * ```
 */
export function xtrScores(
  queries: TokenVectors,
  documents: TokenVectors,
  options: XtrOptions = {},
): Tensor {
  const { k = 256 } = options;
  if (!Number.isInteger(k) || k < 1) {
    throw new RangeError(
      `Cannot score documents: expected k of at least 1, got ${k}`,
    );
  }
  const query = countingTokens(queries, "score query");
  const document = countingTokens(documents, "score document");
  return tf.tidy(() => {
    const block = tf.matMul(
      queries.values as tf.Tensor2D,
      documents.values as tf.Tensor2D,
      false,
      true,
    );
    return scoresOf(block, [query, document], k);
  });
}

/** Sums of the matches over their number. */
function scoresOf(
  block: Tensor,
  [query, document]: readonly [number[][], number[][]],
  k: number,
): Tensor {
  const width = block.shape[1]!;
  const values = read(block);
  const matches = query.flatMap((rows, i) =>
    rows.flatMap((row) =>
      matchesOf(values.subarray(row * width, (row + 1) * width), document, k)
        .map(({ place, pair }) => ({
          place: row * width + place,
          pair: i * document.length + pair,
        }))
    )
  );
  const shape: [number, number] = [query.length, document.length];
  if (matches.length === 0) return tf.zeros(shape);
  return tf.reshape(meanByPair(block, matches, shape[0] * shape[1]), shape);
}

/** Best retrieved token of each document for one query token. */
function matchesOf(
  similarities: Float32Array | Float64Array,
  document: readonly number[][],
  k: number,
): Match[] {
  const owners = document.flatMap((rows, pair) => rows.map(() => pair));
  const ranked = document.flat().map((place, i) => ({
    place,
    pair: owners[i]!,
  }))
    .sort((a, b) => order(similarities[a.place]!, similarities[b.place]!));
  const seen = new Set<number>();
  return ranked.slice(0, k).filter(({ pair }) => {
    const isFirst = !seen.has(pair);
    seen.add(pair);
    return isFirst;
  });
}

/** Highest first, NaN before all so that it stays visible. */
function order(a: number, b: number): number {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : -1;
  return Number.isNaN(b) ? 1 : b - a;
}

/** Mean of the matched similarities of each pair, 0 where there are none. */
function meanByPair(
  block: Tensor,
  matches: readonly Match[],
  pairs: number,
): Tensor {
  const counts = new Float64Array(pairs);
  for (const { pair } of matches) counts[pair]! += 1;
  const length = [matches.length];
  const places = tensorOf(matches.map(({ place }) => place), length, "int32");
  const owners = tensorOf(matches.map(({ pair }) => pair), length, "int32");
  const shares = tensorOf(matches.map(({ pair }) => 1 / counts[pair]!), length);
  const picked = tf.gather(tf.reshape(block, [-1]), places);
  const parts = tf.mul(picked, shares);
  return tf.unsortedSegmentSum(parts, owners as tf.Tensor1D, pairs);
}
