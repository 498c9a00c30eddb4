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
  const { values, offsets } = vectors;
  const { rows, texts, weights } = countingTokens(vectors);
  return tf.tidy(() => {
    const kept = tf.gather(values, tensorOf(rows, [rows.length], "int32"));
    const shares = tf.mul(kept, tensorOf(weights, [rows.length, 1]));
    const owners = tensorOf(texts, [rows.length], "int32") as tf.Tensor1D;
    return tf.unsortedSegmentSum(shares, owners, offsets.length - 1);
  });
}

/** Row, text and weight of every token that counts. */
function countingTokens({ offsets, keep }: TokenVectors) {
  const rows: number[] = [];
  const texts: number[] = [];
  const weights: number[] = [];
  for (let text = 0; text < offsets.length - 1; text++) {
    const [from, to] = [offsets[text]!, offsets[text + 1]!];
    const kept = keep.subarray(from, to).reduce((sum, k) => sum + k, 0);
    if (kept === 0) {
      throw new RangeError(
        `Cannot pool text ${text}: expected at least one counting token, got none`,
      );
    }
    for (let token = from; token < to; token++) {
      if (!keep[token]) continue;
      rows.push(token);
      texts.push(text);
      weights.push(1 / kept);
    }
  }
  return { rows, texts, weights };
}
