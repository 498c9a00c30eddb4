import { type Tensor, tensorOf, tf } from "../engine/tensor.ts";
import type { TokenVectors } from "../encoder/encoder.ts";

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
  const { values, offsets, keep } = vectors;
  const texts = offsets.length - 1;
  const weights = new Float64Array(texts * keep.length);
  for (let text = 0; text < texts; text++) {
    const [from, to] = [offsets[text]!, offsets[text + 1]!];
    const kept = keep.subarray(from, to).reduce((sum, k) => sum + k, 0);
    if (kept === 0) {
      throw new RangeError(
        `Cannot pool text ${text}: expected at least one counting token, got none`,
      );
    }
    for (let token = from; token < to; token++) {
      weights[text * keep.length + token] = keep[token]! / kept;
    }
  }
  return tf.tidy(() =>
    tf.matMul(tensorOf(weights, [texts, keep.length]), values)
  );
}
