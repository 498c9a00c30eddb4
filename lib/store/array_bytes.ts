/**
 * The memory of an array as bytes, not copied.
 *
 * @param values Any float array.
 * @returns A view of its memory.
 *
 * @example Usage
 * ```ts
 * import { arrayBytes } from "#lib/store/array_bytes.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(arrayBytes(Float32Array.of(1)), Uint8Array.of(0, 0, 0x80, 0x3f));
 * ```
 */
export function arrayBytes(
  values: Float32Array | Float64Array,
): Uint8Array<ArrayBuffer> {
  return new Uint8Array(
    values.buffer as ArrayBuffer,
    values.byteOffset,
    values.byteLength,
  );
}
