/**
 * Kinds of numbers and how they lie in memory.
 *
 * @module
 */
import type { HostType } from "../reference/host_kernel.ts";
import { ELEMENT } from "./operators.ts";

/** Bytes of a number in memory. */
export const BYTES: Readonly<Record<number, number>> = {
  [ELEMENT.uint8]: 1,
  [ELEMENT.bool]: 1,
  [ELEMENT.bfloat16]: 2,
  [ELEMENT.int32]: 4,
  [ELEMENT.float32]: 4,
  [ELEMENT.int64]: 8,
  [ELEMENT.float64]: 8,
};

/** Kinds of numbers as libtorch's elements, as they are read. */
export const ELEMENT_OF: Readonly<Record<HostType, number>> = {
  float32: ELEMENT.float32,
  int32: ELEMENT.int32,
  bool: ELEMENT.bool,
};

/** Sizes and row-major steps as 64-bit numbers. */
export function layoutOf(shape: readonly number[]) {
  const rank = Math.max(shape.length, 1);
  const sizes = new BigInt64Array(rank);
  const steps = new BigInt64Array(rank).fill(1n);
  for (let axis = shape.length - 1, step = 1; axis >= 0; axis--) {
    sizes[axis] = BigInt(shape[axis]!);
    steps[axis] = BigInt(step);
    step *= Math.max(shape[axis]!, 1);
  }
  return { rank: BigInt(shape.length), sizes, steps };
}
