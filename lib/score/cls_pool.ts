import { type Tensor, tensorOf, tf } from "../engine/tensor.ts";
import type { TokenVectors } from "../encoder/encoder.ts";

/**
 * One vector a text: that of its first token, `[CLS]` in BERT.
 *
 * It is taken also where scoring does not count it.
 *
 * @param vectors Token vectors of the texts.
 * @returns `[texts, dim]`; the caller disposes it.
 * @throws {RangeError} If a text has no token, naming it.
 *
 * @example Usage
 * ```ts
 * import { clsPool, read, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const vectors = {
 *   values: tensorOf([1, 2, 3, 4], [2, 2]),
 *   offsets: new Int32Array([0, 2]),
 *   keep: new Uint8Array([0, 1]),
 * };
 * assertEquals([...read(clsPool(vectors))], [1, 2]);
 * ```
 */
export function clsPool(vectors: TokenVectors): Tensor {
  const { values, offsets } = vectors;
  const first = offsets.slice(0, -1);
  first.forEach((row, text) => {
    if (offsets[text + 1]! > row) return;
    throw new RangeError(
      `Cannot pool text ${text}: expected at least one token, got none`,
    );
  });
  return tf.tidy(() =>
    tf.gather(values, tensorOf(first, [first.length], "int32"))
  );
}
