/**
 * How kernels of the `onnx` engine are written and registered, and how they
 * cut long arrays into pieces that stay in the processor's cache.
 *
 * @module
 */
import { tf } from "../tensor.ts";
import type { Info, OnnxBackend } from "./onnx_backend.ts";

/** What a kernel is given. */
export interface KernelCall {
  /** Tensors by name. */
  readonly inputs: Readonly<Record<string, Info | undefined>>;
  /** Settings by name, of the types that the operation documents. */
  // deno-lint-ignore no-explicit-any -- TensorFlow.js types every setting alike
  readonly attrs: Readonly<Record<string, any>>;
  /** Where the tensors live. */
  readonly backend: OnnxBackend;
}

/** A kernel: new tensors from tensors. */
export type Kernel = (call: KernelCall) => Info | Info[];

/** The name that the engine has in TensorFlow.js. */
export const BACKEND = "onnx";

/**
 * Registers kernels by name.
 *
 * @param kernels The kernels.
 */
export function registerKernels(
  kernels: Readonly<Record<string, Kernel>>,
): void {
  for (const [kernelName, kernel] of Object.entries(kernels)) {
    tf.registerKernel({
      kernelName,
      backendName: BACKEND,
      kernelFunc: kernel as unknown as tf.KernelFunc,
    });
  }
}

/** Numbers that a core's share of a piece may have: 1 MB, half a second cache. */
const PIECE = 1 << 18;

/**
 * Cuts rows into pieces of about equal size, small enough that a graph of many
 * simple nodes reads and writes its intermediate results in the cache.
 *
 * @param backend Knows how many cores share a piece.
 * @param shape Rows, and numbers a row.
 * @param most Numbers that a core's share may have; one row is always allowed.
 * @returns First row and number of rows of each piece, in order.
 */
export function rowPieces(
  { runtime }: OnnxBackend,
  [rows, width]: readonly [rows: number, width: number],
  most = PIECE,
): (readonly [start: number, count: number])[] {
  const room = most * runtime.threads;
  const limit = Math.max(1, Math.floor(room / Math.max(width, 1)));
  const step = Math.ceil(rows / Math.ceil(rows / limit));
  const pieces: (readonly [number, number])[] = [];
  for (let start = 0; start < rows; start += step) {
    pieces.push([start, Math.min(step, rows - start)]);
  }
  return pieces;
}
