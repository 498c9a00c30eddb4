import { type Tensor, tf } from "../engine/tensor.ts";
import { ShapeError } from "../num/shape_error.ts";

/**
 * Dot products of one vector a query with one vector a document.
 *
 *     score[i, j] = <query i, document j>
 *
 * With unit vectors this is the cosine.
 *
 * @param queries `[queries, dim]`.
 * @param documents `[documents, dim]`.
 * @returns `[queries, documents]`; the caller disposes it.
 * @throws {ShapeError} If the vectors differ in length.
 *
 * @example Usage
 * ```ts
 * import { dotScores, read, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const scores = dotScores(tensorOf([1, 2], [1, 2]), tensorOf([3, 4, 0, 1], [2, 2]));
 * assertEquals([...read(scores)], [11, 2]);
 * ```
 */
export function dotScores(queries: Tensor, documents: Tensor): Tensor {
  const isMatrix = queries.rank === 2 && documents.rank === 2;
  if (!isMatrix || queries.shape[1] !== documents.shape[1]) {
    throw new ShapeError(
      "score documents",
      "[queries, dim] and [documents, dim]",
      `[${queries.shape}] and [${documents.shape}]`,
    );
  }
  return tf.matMul(
    queries as tf.Tensor2D,
    documents as tf.Tensor2D,
    false,
    true,
  );
}
