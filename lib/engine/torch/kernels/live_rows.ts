/**
 * Rows of libtorch's matrices, for gradients on live rows alone.
 *
 * @module
 */
import { onLiveRowsBy, type RowAccess } from "../../live_rows.ts";
import { sizeOf } from "../../reference/shape_walk.ts";
import type { KernelCall } from "../kernel.ts";
import { BYTES } from "../elements.ts";
import { ELEMENT } from "../operators.ts";
import type { Info } from "../torch_backend.ts";

/** Row numbers as libtorch's operators want them. */
function places({ torch }: KernelCall, rows: Int32Array) {
  const given = torch.fromHost(rows, [rows.length], ELEMENT.int32);
  return torch.as(given, ELEMENT.int64);
}

/** Rows by libtorch's copies; on a GPU, which would have to wait, none are read. */
const ROWS: RowAccess<KernelCall> = {
  numbers({ backend, torch }, matrix) {
    const handle = backend.handle(matrix);
    const element = torch.elementOf(handle);
    if (torch.isCuda || sizeOf(matrix.shape) === 0) return undefined;
    const bytes = sizeOf(matrix.shape) * BYTES[element]!;
    const memory = torch.memory(torch.packed(handle), bytes);
    return element === ELEMENT.float32
      ? new Float32Array(memory)
      : new Uint16Array(memory);
  },
  gathered(call, matrix, rows) {
    const { backend, torch } = call;
    const handle = backend.handle(matrix);
    const shape = [rows.length, ...matrix.shape.slice(1)];
    const [axis, at] = [{ int: 0 }, places(call, rows)];
    const made = torch.call("aten::index_select", handle, axis, at);
    return backend.adopt(made, shape);
  },
  scattered(call, matrix, { rows, total }) {
    const { backend, torch } = call;
    const handle = backend.handle(matrix);
    const shape = [total, ...matrix.shape.slice(1)];
    const made = torch.full(shape, 0, torch.elementOf(handle));
    const [axis, at] = [{ int: 0 }, places(call, rows)];
    torch.change("aten::index_copy_", made, axis, at, handle);
    return backend.adopt(made, shape);
  },
  free: ({ backend }: KernelCall, matrix: Info) =>
    backend.disposeData(matrix.dataId),
};

/** Makes of a gradient kernel one that leaves out the rows in which `dy` is zero. */
export const onLiveRows = onLiveRowsBy(ROWS);
