import type { Tensor } from "../engine/tensor.ts";
import type { TokenVectors } from "../encoder/encoder.ts";
import { countingTokens } from "./counting_tokens.ts";
import { meanOfRows } from "../engine/ops/mean_of_rows.ts";

/**
 * One vector a text: the mean of its counting tokens.
 *
 *     pooled = sum over kept tokens of values / number of kept tokens
 *
 * Tokens that do not count are left out of the sum and of the number.
 *
 * @param vectors Token vectors of the texts.
 * @returns `[texts, dim]`; the caller disposes it.
 * @throws {RangeError} If a text has no counting token, naming it.
 *
 * @example Usage
 * ```ts
 * import { meanPool, read, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const vectors = {
 *   values: tensorOf([1, 2, 3, 4, 9, 9], [3, 2]),
 *   offsets: new Int32Array([0, 3]),
 *   keep: new Uint8Array([1, 1, 0]),
 * };
 * assertEquals([...read(meanPool(vectors))], [2, 3]);
 * ```
 */
export function meanPool(vectors: TokenVectors): Tensor {
  return meanOfRows(vectors.values, countingTokens(vectors, "pool text"));
}
