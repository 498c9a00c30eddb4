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
import type { tf } from "./tensor.ts";

type Info = tf.TensorInfo;

/** The share of live rows up to which it pays to leave out the others. */
const FEW = 0.75;

/** Numbers in memory, or their bits. */
export type RowNumbers = Float32Array | Uint16Array;

/** How an engine reads and moves rows of matrices. */
export interface RowAccess<Call> {
  /** The numbers of a matrix, row by row; absent where looking costs too much. */
  readonly numbers: (call: Call, matrix: Info) => RowNumbers | undefined;
  /** The given rows of a matrix, in a matrix of their own. */
  readonly gathered: (call: Call, matrix: Info, rows: Int32Array) => Info;
  /** A matrix of zeros that has the rows of another one at the given places. */
  readonly scattered: (
    call: Call,
    matrix: Info,
    places: { readonly rows: Int32Array; readonly total: number },
  ) => Info;
  /** Gives a matrix back. */
  readonly free: (call: Call, matrix: Info) => void;
}

/**
 * The rows of a matrix that hold a number other than zero.
 *
 * @param numbers The matrix, row-major.
 * @param rows How many rows it has.
 * @returns Their positions, ascending.
 */
export function liveRows(numbers: RowNumbers, rows: number): Int32Array {
  const values = eightBytesEach(numbers, rows);
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

/** Several numbers at a time where rows allow it: fewer looks. */
function eightBytesEach(
  numbers: RowNumbers,
  rows: number,
): RowNumbers | Float64Array {
  const { buffer, byteOffset, byteLength } = numbers;
  if ((byteLength / rows) % 8 !== 0 || byteOffset % 8 !== 0) return numbers;
  return new Float64Array(buffer, byteOffset, byteLength / 8);
}

/** Whether so few rows are live that the others are worth leaving out. */
export function isWorthLeavingOut(live: number, rows: number): boolean {
  return live <= FEW * rows;
}

/** What a kernel of any engine is given, as far as rows go. */
interface AnyCall {
  readonly inputs: Readonly<Record<string, Info | undefined>>;
}

/**
 * Makes of a gradient kernel one that leaves out the rows in which `dy` is zero.
 *
 * `kernel` takes `dy`; its first results have a row for each row of `dy`, or are the
 * single number 0 where nobody asked for one. `byRow` are the inputs that have a row for
 * each row of `dy`, `dy` included; `results` tells how many results have, default 1.
 * What comes of it has the same inputs and results.
 */
export type OnLiveRows<Call> = (
  kernel: (call: Call) => Info | Info[],
  byRow: readonly string[],
  results?: (call: Call) => number,
) => (call: Call) => Info | Info[];

/**
 * Lets an engine's gradient kernels leave out the rows in which `dy` is zero.
 *
 * @param access How the engine reads and moves rows.
 * @returns Makes such kernels of others.
 */
export function onLiveRowsBy<Call extends AnyCall>(
  access: RowAccess<Call>,
): OnLiveRows<Call> {
  return (kernel, byRow, results = () => 1) => (call) => {
    const dy = call.inputs.dy!;
    const total = dy.shape[0]!;
    const numbers = total === 0 ? undefined : access.numbers(call, dy);
    const live = numbers && liveRows(numbers, total);
    if (!live || !isWorthLeavingOut(live.length, total)) return kernel(call);
    // A kernel never sees an empty matrix: one zero row stands for all.
    const rows = live.length === 0 ? new Int32Array(1) : live;
    const few = byRow.flatMap((name) => {
      const info = call.inputs[name];
      return info ? [[name, access.gathered(call, info, rows)] as const] : [];
    });
    const inputs = { ...call.inputs, ...Object.fromEntries(few) };
    const made = [kernel({ ...call, inputs })].flat();
    few.forEach(([, info]) => access.free(call, info));
    return made.map((result, i) => {
      if (i >= results(call) || result.shape.length === 0) return result;
      const whole = access.scattered(call, result, { rows, total });
      access.free(call, result);
      return whole;
    });
  };
}
