import type { HostArray, HostKernel, HostKernels } from "./host_kernel.ts";
import {
  broadcastShape,
  broadcastStrides,
  placesOf,
  sizeOf,
} from "./shape_walk.ts";

/** A matrix inside an array: where it starts and how to step. */
export interface MatrixView {
  /** The memory. */
  readonly values: ArrayLike<number>;
  /** Place of the first number. */
  readonly start: number;
  /** Step to the next row. */
  readonly row: number;
  /** Step to the next column. */
  readonly column: number;
}

/** Sizes of one product. */
export interface ProductSize {
  /** Rows of the result. */
  readonly rows: number;
  /** Length of the sums. */
  readonly inner: number;
  /** Columns of the result. */
  readonly columns: number;
}

/**
 * Multiplies two matrices into memory.
 *
 * @param a `[rows, inner]`.
 * @param b `[inner, columns]`.
 * @param options Sizes, where to write, and a factor on the result.
 */
export function multiplyInto(
  a: MatrixView,
  b: MatrixView,
  { rows, inner, columns, target, at = 0, scale = 1 }: ProductSize & {
    readonly target: { [place: number]: number };
    readonly at?: number;
    readonly scale?: number;
  },
): void {
  const line = new Float64Array(columns);
  for (let i = 0; i < rows; i++) {
    line.fill(0);
    for (let k = 0; k < inner; k++) {
      const factor = a.values[a.start + i * a.row + k * a.column]!;
      const from = b.start + k * b.row;
      for (let j = 0; j < columns; j++) {
        line[j]! += factor * b.values[from + j * b.column]!;
      }
    }
    for (let j = 0; j < columns; j++) {
      target[at + i * columns + j] = line[j]! * scale;
    }
  }
}

/** The last two axes of an array as a matrix, transposed on request. */
function viewOf(x: HostArray, start: number, transposed: boolean): MatrixView {
  const width = x.shape[x.shape.length - 1]!;
  return transposed
    ? { values: x.values, start, row: 1, column: width }
    : { values: x.values, start, row: width, column: 1 };
}

/** Rows and columns of the last two axes, exchanged on request. */
function sidesOf(x: HostArray, transposed: boolean): [number, number] {
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  return transposed ? [columns, rows] : [rows, columns];
}

/** Products of stacks of matrices; the stacks broadcast. */
const batchMatMul: HostKernel = ({ inputs, attrs, allocate }) => {
  const [a, b] = [inputs["a"]!, inputs["b"]!];
  const [flipA, flipB] = [
    attrs["transposeA"] === true,
    attrs["transposeB"] === true,
  ];
  const [rows, inner] = sidesOf(a, flipA);
  const [, columns] = sidesOf(b, flipB);
  const [stackA, stackB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const stack = broadcastShape(stackA, stackB);
  const y = allocate([...stack, rows, columns], "float32");
  const inA = placesOf(stack, broadcastStrides(stackA, stack));
  const inB = placesOf(stack, broadcastStrides(stackB, stack));
  for (let i = 0; i < sizeOf(stack); i++) {
    multiplyInto(
      viewOf(a, inA[i]! * sizeOf(a.shape.slice(-2)), flipA),
      viewOf(b, inB[i]! * sizeOf(b.shape.slice(-2)), flipB),
      { rows, inner, columns, target: y.values, at: i * rows * columns },
    );
  }
  return y;
};

/** Kernels that multiply matrices. */
export const matrixKernels: HostKernels = { BatchMatMul: batchMatMul };
