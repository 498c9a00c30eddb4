/**
 * Rows of a table by number, and the sum of gradients by row.
 *
 * @module
 */
import type { Kernel } from "../kernel.ts";
import type { Info } from "../onnx_backend.ts";

/** `LabEmbedding`: `[ids, n]`. */
export const embedding: Kernel = ({ inputs, attrs, backend }) => {
  const table = inputs.table as Info;
  const ids = attrs.ids as Int32Array;
  const n = table.shape[1]!;
  const y = backend.allocate([ids.length, n]);
  const from = backend.floats(table);
  const to = backend.floats(y);
  for (let i = 0; i < ids.length; i++) {
    const start = ids[i]! * n;
    to.set(from.subarray(start, start + n), i * n);
  }
  return y;
};

/** `LabEmbeddingGrad`: `[rows, n]`, the rows of `dy` added up by id, in order. */
export const embeddingGradient: Kernel = ({ inputs, attrs, backend }) => {
  const dy = inputs.dy as Info;
  const ids = attrs.ids as Int32Array;
  const n = dy.shape[1]!;
  const dtable = backend.allocate([attrs.rows as number, n]);
  const from = backend.floats(dy);
  const to = backend.floats(dtable).fill(0);
  for (let i = 0; i < ids.length; i++) {
    const target = ids[i]! * n;
    const source = i * n;
    for (let j = 0; j < n; j++) to[target + j]! += from[source + j]!;
  }
  return dtable;
};
