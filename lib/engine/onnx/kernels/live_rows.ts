/**
 * Rows of the engine's matrices, for gradients on live rows alone.
 *
 * @module
 */
import { onLiveRowsBy, type RowAccess } from "../../live_rows.ts";
import { sizeOf } from "../../reference/shape_walk.ts";
import type { KernelCall } from "../kernel.ts";

/** Rows by copies in our own memory. */
export const ROWS: RowAccess<KernelCall> = {
  numbers: ({ backend }, matrix) => backend.floats(matrix),
  gathered: ({ backend }, matrix, rows) => {
    const width = sizeOf(matrix.shape.slice(1));
    const result = backend.allocate([rows.length, ...matrix.shape.slice(1)]);
    const [from, to] = [backend.floats(matrix), backend.floats(result)];
    for (let i = 0; i < rows.length; i++) {
      const start = rows[i]! * width;
      to.set(from.subarray(start, start + width), i * width);
    }
    return result;
  },
  scattered: ({ backend }, matrix, { rows, total }) => {
    const width = sizeOf(matrix.shape.slice(1));
    const result = backend.allocate([total, ...matrix.shape.slice(1)]);
    const [from, to] = [backend.floats(matrix), backend.floats(result)];
    to.fill(0);
    for (let i = 0; i < rows.length; i++) {
      const part = from.subarray(i * width, (i + 1) * width);
      to.set(part, rows[i]! * width);
    }
    return result;
  },
  free: ({ backend }, matrix) => backend.free(matrix),
};

/** Makes of a gradient kernel one that leaves out the rows in which `dy` is zero. */
export const onLiveRows = onLiveRowsBy(ROWS);
