/**
 * How kernels of the `onnx` engine are written and registered, and how they
 * cut long arrays into pieces that stay in the processor's cache.
 *
 * @module
 */
import * as plain from "../register_kernels.ts";
import type { OnnxBackend } from "./onnx_backend.ts";

/** What a kernel is given. */
export type KernelCall = plain.KernelCall<OnnxBackend>;

/** A kernel: new tensors from tensors. */
export type Kernel = plain.Kernel<KernelCall>;

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
  plain.registerKernels<OnnxBackend, KernelCall>(
    BACKEND,
    kernels,
    (kernel, call) => kernel(call),
  );
}

/** Numbers that a piece of an array may have: 1 MB, half a core's second cache. */
const PIECE = 1 << 18;

/** Rows that are worth a thread of their own. */
const FEW_ROWS = 64;

/** Consecutive rows. */
export type Rows = readonly [start: number, count: number];

/**
 * Cuts rows into pieces of about equal size, small enough that a graph of many
 * simple nodes reads and writes its intermediate results in the cache, and as
 * many as keep all threads busy.
 *
 * @param backend Knows how many threads there are.
 * @param shape Rows, and numbers a row.
 * @param most Numbers that a piece may have; one row is always allowed.
 * @returns The pieces, in order.
 */
export function rowPieces(
  { runtime: { threads } }: OnnxBackend,
  [rows, width]: readonly [rows: number, width: number],
  most = PIECE,
): Rows[] {
  const limit = Math.max(1, Math.floor(most / Math.max(width, 1)));
  const needed = Math.ceil(rows / limit);
  const useful = Math.min(threads, Math.ceil(rows / FEW_ROWS));
  const count = needed > useful ? roundUp(needed, threads) : useful;
  return Array.from({ length: count }, (_, i) => {
    const start = Math.floor(i * rows / count);
    return [start, Math.floor((i + 1) * rows / count) - start] as const;
  });
}

/** The next multiple. */
function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
