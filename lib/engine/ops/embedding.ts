import { ShapeError } from "../../num/shape_error.ts";
import { tensorOf, tf } from "../tensor.ts";
import type { Tensor } from "../tensor.ts";
import { hasKernel, runFused, runKernel } from "./fused.ts";

/**
 * Looks rows of a table up by number.
 *
 *     y[i] = table[ids[i]]
 *
 * The gradient of the table is dense: rows nobody asked for get zeros, rows asked
 * for twice get the sum.
 *
 * @param table `[vocabulary, n]`.
 * @param ids Row numbers in `[0, vocabulary)`, `[tokens]`.
 * @returns `[tokens, n]`.
 * @throws {ShapeError} If the table is no matrix.
 * @throws {RangeError} If an id is outside the table.
 *
 * @example Usage
 * ```ts
 * import { embedding, read, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const table = tensorOf([10, 11, 20, 21], [2, 2]);
 * assertEquals([...read(embedding(table, Int32Array.of(1, 1, 0)))], [20, 21, 20, 21, 10, 11]);
 * ```
 */
export function embedding(table: Tensor, ids: Int32Array): Tensor {
  checkIds(table, ids);
  if (!hasKernel("LabEmbedding")) {
    return tf.tidy(() =>
      tf.gather(table, tensorOf(ids, [ids.length], "int32") as tf.Tensor1D)
    );
  }
  const rows = table.shape[0]!;
  return runFused({
    kernel: "LabEmbedding",
    inputs: { table },
    attributes: { ids },
    save: () => [],
    gradient: (dy) => runKernel("LabEmbeddingGrad", { dy }, { ids, rows }),
  });
}

/** Refuses a table that is no matrix and ids outside it. */
function checkIds(table: Tensor, ids: Int32Array): void {
  if (table.rank !== 2) {
    throw new ShapeError(
      "look rows up",
      "table [vocabulary, n]",
      `table [${table.shape}]`,
    );
  }
  const rows = table.shape[0]!;
  const at = ids.findIndex((id) => id < 0 || id >= rows);
  if (at < 0) return;
  throw new RangeError(
    `Cannot look rows up: expected ids in [0, ${rows}), got ${
      ids[at]
    } at position ${at} (is the tokenizer another model's?)`,
  );
}
