/**
 * Rows a piece at a time, for products in 32 bits of activations stored in bf16:
 * what is made 32-bit floats for a product stays in the cache and is never whole
 * in memory.
 *
 * @module
 */
import type { KernelCall } from "../kernel.ts";
import { ELEMENT } from "../operators.ts";

/**
 * Rows a thread; at a width of 1536 their 32-bit floats take 6 MB. From 256 to 3000
 * rows take the same time; fewer pieces wait less for threads that others hold up.
 */
const ROWS = 1024;

/** Consecutive rows. */
export type Rows = readonly [start: number, count: number];

/** Whether a processor's products have other factors than the numbers that are stored. */
export function isConverted(
  { backend }: Pick<KernelCall, "backend">,
): boolean {
  return backend.factor !== backend.activation && !backend.torch.isCuda;
}

/** Whether a processor makes products in 32 bits, which can be added up piece by piece. */
export function isInPieces({ backend }: Pick<KernelCall, "backend">): boolean {
  return backend.factor === ELEMENT.float32 && !backend.torch.isCuda;
}

/** Rows that a piece may have. */
export function rowsOfPiece({ threads }: { readonly threads: number }): number {
  return ROWS * threads;
}

/**
 * Visits rows in pieces of equal size, but for the last, each in a scope of its own.
 *
 * @param call Where libtorch is.
 * @param rows How many there are.
 * @param visit Takes a piece.
 * @param most Rows of a piece. Default as many as `rowsOfPiece` says.
 */
export function eachPiece(
  { torch }: Pick<KernelCall, "torch">,
  rows: number,
  visit: (piece: Rows) => void,
  most = rowsOfPiece(torch),
): void {
  for (let start = 0; start < rows; start += most) {
    const count = Math.min(most, rows - start);
    torch.scoped(() => visit([start, count]));
  }
}
