import type { Tensor } from "../engine/tensor.ts";
import type { TokenVectors } from "../encoder/encoder.ts";
import { meanOfRows } from "../engine/ops/mean_of_rows.ts";

/** Settings of {@linkcode tctPool}. */
export interface TctPoolOptions {
  /** Positions left out at the beginning. Default 4. */
  readonly skip?: number;
}

/**
 * One vector a text as TCT-ColBERT makes it: the mean of all positions from the
 * fifth on.
 *
 *     pooled = mean over positions >= 4 of values[position]
 *
 * The four left out are `[CLS]` and the three word-pieces of the marker, `[Q]` or
 * `[D]`, which that model writes as plain text. All later positions count, the
 * `[MASK]`s of a query and the punctuation of a document too. The vectors are not
 * scaled to unit length: score them with a dot product.
 *
 * Source: Lin, Yang and Lin 2021 (TCT-ColBERT), in the form of their code and of
 * Pyserini's `[:, 4:, :]`.
 *
 * @param vectors Token vectors of the texts.
 * @param options Positions left out.
 * @returns `[texts, dim]`; the caller disposes it.
 * @throws {RangeError} If a text has no position left, naming it.
 *
 * @example Usage
 * ```ts
 * import { read, tctPool, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const vectors = {
 *   values: tensorOf([9, 9, 9, 9, 1, 3], [6, 1]),
 *   offsets: new Int32Array([0, 6]),
 *   keep: new Uint8Array(6).fill(1),
 * };
 * assertEquals([...read(tctPool(vectors))], [2]);
 * ```
 */
export function tctPool(
  vectors: TokenVectors,
  options: TctPoolOptions = {},
): Tensor {
  const { skip = 4 } = options;
  const { values, offsets } = vectors;
  const rows = Array.from({ length: offsets.length - 1 }, (_, text) => {
    const first = offsets[text]! + skip;
    const length = offsets[text + 1]! - first;
    if (length < 1) {
      throw new RangeError(
        `Cannot pool text ${text}: expected more than ${skip} tokens, got ${
          length + skip
        }`,
      );
    }
    return Array.from({ length }, (_, i) => first + i);
  });
  return meanOfRows(values, rows);
}
