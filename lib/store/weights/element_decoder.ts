/** Turns stored bytes of one type into numbers. */
export interface ElementDecoder {
  /** Bytes of one element. */
  readonly bytes: number;
  /** Whether 32-bit floats hold every value exactly. */
  readonly fitsFloat32: boolean;
  /**
   * Writes decoded elements into `out`, beginning at `at`.
   *
   * @param view The bytes, a whole number of elements, little-endian.
   * @param out Where the numbers go.
   * @param at First place in `out`.
   */
  decode(view: DataView, out: Float32Array | Float64Array, at: number): void;
}

/** A decoder from the function that reads one element. */
function decoder(
  bytes: number,
  fitsFloat32: boolean,
  read: (view: DataView, offset: number) => number,
): ElementDecoder {
  return {
    bytes,
    fitsFloat32,
    decode(view, out, at) {
      const count = view.byteLength / bytes;
      for (let i = 0; i < count; i++) out[at + i] = read(view, i * bytes);
    },
  };
}

/** Room to read the bits of a bfloat16 as the upper half of a float. */
const widened = new DataView(new ArrayBuffer(4));

/** Reads one bfloat16. */
function readBfloat16(view: DataView, offset: number): number {
  widened.setUint16(2, view.getUint16(offset, true), true);
  return widened.getFloat32(0, true);
}

/** Reads one 64-bit integer that a number holds exactly. */
function readInt64(view: DataView, offset: number): number {
  const value = Number(view.getBigInt64(offset, true));
  if (!Number.isSafeInteger(value)) {
    throw new RangeError(
      `Cannot read a 64-bit integer: expected at most 2^53 - 1, got ${value}`,
    );
  }
  return value;
}

/**
 * The decoders of the safetensors types that hold weights.
 *
 * 16-bit floats widen to 32 bits without loss; 64-bit floats and integers do
 * not fit 32 bits in general.
 *
 * @example Usage
 * ```ts
 * import { elementDecoders } from "#lib/store/weights/element_decoder.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const out = new Float32Array(1);
 * elementDecoders.get("BF16")!.decode(new DataView(Uint8Array.of(0x80, 0x3f).buffer), out, 0);
 * assertEquals(out[0], 1);
 * ```
 */
export const elementDecoders: ReadonlyMap<string, ElementDecoder> = new Map([
  ["F32", decoder(4, true, (view, at) => view.getFloat32(at, true))],
  ["F16", decoder(2, true, (view, at) => view.getFloat16(at, true))],
  ["BF16", decoder(2, true, readBfloat16)],
  ["F64", decoder(8, false, (view, at) => view.getFloat64(at, true))],
  ["I32", decoder(4, false, (view, at) => view.getInt32(at, true))],
  ["I64", decoder(8, false, readInt64)],
]);
