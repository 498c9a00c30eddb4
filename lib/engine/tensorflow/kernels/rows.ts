/**
 * What is done to each row apart: lookups and dropout; and the sum of squares.
 *
 * @module
 */
import { maskOf } from "../../dropout_masks.ts";
import type { Kernel } from "../kernel.ts";
import { ELEMENT } from "../operators.ts";
import { rowSums } from "./arrays.ts";

/** `LabEmbedding`: rows of a table by number. */
export const embedding: Kernel = ({ inputs, attrs, backend, flow }) => {
  const table = inputs.table!;
  const ids = attrs.ids as Int32Array;
  const numbers = flow.fromHost(ids, [ids.length], ELEMENT.int32);
  const made = flow.call(
    "GatherV2",
    [backend.handle(table), numbers, flow.whole(0)],
  );
  return backend.adopt(made, [ids.length, table.shape[1]!]);
};

/** `LabEmbeddingGrad`: the rows of `dy` added up by number. */
export const embeddingGradient: Kernel = (call) => {
  const { inputs, attrs, backend, flow } = call;
  const dy = inputs.dy!;
  const ids = attrs.ids as Int32Array;
  const numbers = flow.fromHost(ids, [ids.length], ELEMENT.int32);
  const made = rowSums(call, backend.handle(dy), numbers, attrs.rows);
  return backend.adopt(made, [attrs.rows, dy.shape[1]!]);
};

/**
 * `LabDropout`: `x / (1 - rate)` where the lab's own counter-based mask keeps,
 * else 0; it is its own gradient.
 */
export const dropout: Kernel = ({ inputs, attrs, backend, flow }) => {
  const x = inputs.x!;
  const [rows, n] = x.shape as [number, number];
  const { rate, rowKeys, site } = attrs;
  const { buffer, offset } = maskOf({ rate, rowKeys, site, n });
  const bytes = new Uint8Array(buffer, offset, rows * n);
  const mask = flow.as(
    flow.fromHost(bytes, [rows, n], ELEMENT.bool),
    ELEMENT.float32,
  );
  const kept = flow.call("Mul", [backend.handle(x), mask]);
  const y = flow.call("Mul", [kept, flow.scalar(1 / (1 - rate))]);
  return backend.adopt(y, x.shape);
};

/** `LabSumOfSquares`: a scalar, by TensorFlow's one pass over half of it. */
export const sumOfSquares: Kernel = ({ inputs, backend, flow }) => {
  const half = flow.call("L2Loss", [backend.handle(inputs.x!)]);
  return [backend.adopt(flow.call("Mul", [half, flow.scalar(2)]), [])];
};
