import { unitNorm } from "../engine/ops/unit_norm.ts";
import { type Tensor, tensorOf, tf } from "../engine/tensor.ts";
import type { TokenVectors } from "../encoder/encoder.ts";

/** What makes two vectors alike. */
export type Similarity = "dot" | "cosine" | "negative-squared-distance";

/**
 * Rewrites vectors so that their dot products are the similarity asked for.
 *
 *     dot:                        q, d
 *     cosine:                     q / |q|, d / |d|
 *     negative-squared-distance:  [2 q, -1, -|q|^2], [d, |d|^2, 1]
 *
 * The last is `-|q - d|^2 = 2 <q, d> - |d|^2 - |q|^2`, so one MaxSim serves all
 * three. For unit vectors it is `2 <q, d> - 2`: the ranking of the dot product.
 *
 * Source: Khattab and Zaharia 2020 (ColBERT), section 3.3, names cosine and squared L2.
 *
 * @param queries Token vectors of the queries.
 * @param documents Token vectors of the documents.
 * @param similarity Which.
 * @returns Both sides; the tensors of `dot` are those given.
 *
 * @example Usage
 * ```ts
 * import { read, tensorOf, useEngine, withSimilarity } from "#lib/mod.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const text = (x: number) => ({
 *   values: tensorOf([x], [1, 1]),
 *   offsets: new Int32Array([0, 1]),
 *   keep: new Uint8Array([1]),
 * });
 * const [q, d] = withSimilarity(text(5), text(2), "negative-squared-distance");
 * assertEquals(read(tf.sum(tf.mul(q.values, d.values)))[0], -9);
 * ```
 */
export function withSimilarity(
  queries: TokenVectors,
  documents: TokenVectors,
  similarity: Similarity,
): readonly [TokenVectors, TokenVectors] {
  if (similarity === "dot") return [queries, documents];
  const [q, d] = similarity === "cosine"
    ? [unitNorm(queries.values), unitNorm(documents.values)]
    : [distanceQuery(queries.values), distanceDocument(documents.values)];
  return [{ ...queries, values: q }, { ...documents, values: d }];
}

/** `[2 q, -1, -|q|^2]` */
function distanceQuery(q: Tensor): Tensor {
  return tf.tidy(() =>
    tf.concat([
      tf.mul(q, tensorOf([2], [1, 1])),
      constantColumn(q, -1),
      tf.neg(squaredLengths(q)),
    ], 1)
  );
}

/** `[d, |d|^2, 1]` */
function distanceDocument(d: Tensor): Tensor {
  return tf.tidy(() =>
    tf.concat([d, squaredLengths(d), constantColumn(d, 1)], 1)
  );
}

/** Squared length of each row, `[rows, 1]`. */
function squaredLengths(x: Tensor): Tensor {
  return tf.sum(tf.square(x), 1, true);
}

/** One number for each row, `[rows, 1]`. */
function constantColumn(x: Tensor, value: number): Tensor {
  return tf.fill([x.shape[0]!, 1], value);
}
