import { type Tensor, tensorOf, tf } from "../tensor.ts";

/**
 * The mean of chosen rows, once a text.
 *
 *     pooled[t] = sum over rows of text t of values[row] / number of rows
 *
 * Rows that are not chosen are not read: a NaN there stays there.
 *
 * @param values `[tokens, dim]`.
 * @param rows Rows of each text, at least one each.
 * @returns `[texts, dim]`.
 *
 * @example Usage
 * ```ts
 * import { read, tensorOf, useEngine } from "#lib/mod.ts";
 * import { meanOfRows } from "#lib/engine/ops/mean_of_rows.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const values = tensorOf([1, NaN, 5], [3, 1]);
 * assertEquals([...read(meanOfRows(values, [[0, 2], [2]]))], [3, 5]);
 * ```
 */
export function meanOfRows(
  values: Tensor,
  rows: readonly (readonly number[])[],
): Tensor {
  const all = rows.flat();
  const texts = rows.flatMap((own, text) => own.map(() => text));
  const shares = rows.flatMap((own) => own.map(() => 1 / own.length));
  return tf.tidy(() => {
    const kept = tf.gather(values, tensorOf(all, [all.length], "int32"));
    const parts = tf.mul(kept, tensorOf(shares, [all.length, 1]));
    const owners = tensorOf(texts, [all.length], "int32") as tf.Tensor1D;
    return tf.unsortedSegmentSum(parts, owners, rows.length);
  });
}
