/**
 * Numbers in 32-bit memory, as TensorFlow.js's backends are given them.
 *
 * @module
 */
import type { HostType } from "./reference/host_kernel.ts";
import type { tf } from "./tensor.ts";

/** Numbers in memory. */
export type StoredNumbers = Float32Array | Int32Array | Uint8Array;

/** Views of bytes by what the numbers stand for. */
export const VIEW = {
  float32: Float32Array,
  int32: Int32Array,
  bool: Uint8Array,
} as const;

/**
 * Numbers as the type they are stored in; a copy only where it is another one.
 *
 * @param values The numbers.
 * @param type What they stand for.
 * @returns The numbers in that type.
 */
export function numbersOf(
  values: tf.backend_util.BackendValues,
  type: HostType,
): StoredNumbers {
  const given = values as StoredNumbers;
  const View = VIEW[type];
  return given instanceof View ? given : View.from(given);
}
