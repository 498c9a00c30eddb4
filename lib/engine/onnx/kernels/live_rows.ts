/**
 * Gradients on those rows alone that can have one.
 *
 * A document token that wins no maximum of MaxSim gets no gradient: its row of
 * `dy` is zero, and stays zero down to the last layer's attention. With a query
 * of 32 tokens and a document of 180 that is more than four rows of five. Zero
 * rows add nothing to a weight's gradient and get none themselves, so leaving
 * them out changes only the order in which rounding errors are added.
 *
 * @module
 */
import type { Kernel, KernelCall } from "../kernel.ts";
import { sizeOf } from "../../reference/shape_walk.ts";
import type { Info, OnnxBackend } from "../onnx_backend.ts";

/** The share of live rows up to which it pays to leave out the others. */
const FEW = 0.75;

/**
 * The rows of a matrix that hold a number other than zero.
 *
 * @param backend Where the matrix lives.
 * @param matrix `[rows, width]`.
 * @returns Their positions, ascending.
 */
export function liveRows(backend: OnnxBackend, matrix: Info): Int32Array {
  const [rows, width] = matrix.shape as [number, number];
  const values = pairsOf(backend.floats(matrix), width);
  const step = values.length / rows;
  const live = new Int32Array(rows);
  let count = 0;
  for (let row = 0; row < rows; row++) {
    const end = (row + 1) * step;
    let at = row * step;
    while (at < end && values[at] === 0) at++;
    if (at < end) live[count++] = row;
  }
  return live.subarray(0, count);
}

/** Two numbers at a time where rows are even: half as many looks. */
function pairsOf(
  values: Float32Array,
  width: number,
): Float32Array | Float64Array {
  if (width % 2 !== 0 || values.byteOffset % 8 !== 0) return values;
  return new Float64Array(values.buffer, values.byteOffset, values.length / 2);
}

/** Whether so few rows are live that the others are worth leaving out. */
export function isWorthLeavingOut(live: number, rows: number): boolean {
  return live <= FEW * rows;
}

/** The given rows of a matrix, in a matrix of their own. */
export function gathered(
  backend: OnnxBackend,
  matrix: Info,
  rows: Int32Array,
): Info {
  const width = sizeOf(matrix.shape.slice(1));
  const result = backend.allocate([rows.length, ...matrix.shape.slice(1)]);
  const [from, to] = [backend.floats(matrix), backend.floats(result)];
  for (let i = 0; i < rows.length; i++) {
    const start = rows[i]! * width;
    to.set(from.subarray(start, start + width), i * width);
  }
  return result;
}

/** A matrix of zeros that has the rows of another one at the given places. */
function scattered(
  backend: OnnxBackend,
  matrix: Info,
  { rows, total }: { rows: Int32Array; total: number },
): Info {
  const width = sizeOf(matrix.shape.slice(1));
  const result = backend.allocate([total, ...matrix.shape.slice(1)]);
  const [from, to] = [backend.floats(matrix), backend.floats(result)];
  to.fill(0);
  for (let i = 0; i < rows.length; i++) {
    const part = from.subarray(i * width, (i + 1) * width);
    to.set(part, rows[i]! * width);
  }
  return result;
}

/**
 * A gradient kernel that leaves out the rows in which `dy` is zero.
 *
 * @param kernel Takes `dy`; its first result has a row for each row of `dy`,
 * or is the single number 0 where nobody asked for it.
 * @param byRow The inputs that have a row for each row of `dy`, `dy` included.
 * @returns A kernel with the same inputs and results.
 */
export function onLiveRows(kernel: Kernel, byRow: readonly string[]): Kernel {
  return (call) => {
    const { inputs, backend } = call;
    const total = inputs.dy!.shape[0]!;
    const live = liveRows(backend, inputs.dy!);
    const isDense = total === 0 || !isWorthLeavingOut(live.length, total);
    if (isDense) return kernel(call);
    // A kernel never sees an empty matrix: one zero row stands for all.
    const rows = live.length === 0 ? new Int32Array(1) : live;
    const { few, free } = withFewRows(call, byRow, rows);
    const [first, ...others] = [kernel(few)].flat() as [Info, ...Info[]];
    free();
    if (first.shape.length === 0) return [first, ...others];
    const dx = scattered(backend, first, { rows, total });
    backend.free(first);
    return [dx, ...others];
  };
}

/** The same call on some rows of its inputs. */
function withFewRows(
  call: KernelCall,
  byRow: readonly string[],
  rows: Int32Array,
): { few: KernelCall; free: () => void } {
  const { inputs, backend } = call;
  const parts = byRow.flatMap((name) => {
    const info = inputs[name];
    return info ? [[name, gathered(backend, info, rows)] as const] : [];
  });
  return {
    few: { ...call, inputs: { ...inputs, ...Object.fromEntries(parts) } },
    free: () => parts.forEach(([, info]) => backend.free(info)),
  };
}
