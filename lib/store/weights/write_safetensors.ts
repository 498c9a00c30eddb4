import { arrayBytes } from "../array_bytes.ts";
import { writeFileAtomically, type WriteOptions } from "../atomic_file.ts";
import { sha256Of } from "../sha256.ts";
import type { ArrayMap, StoredArray } from "./weight_map.ts";

/** Settings of {@link writeSafetensors}. */
export interface SafetensorsOptions {
  /** Free text pairs; PyTorch's readers ask for `format: pt`, the default. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Whether to store the SHA-256 of the data in the metadata; default no. */
  readonly digest?: boolean;
}

/** The metadata key of the data's SHA-256; other programs ignore it. */
export const DATA_DIGEST = "data_sha256";

/**
 * Writes named arrays to a safetensors file, whole or not at all.
 *
 * 32-bit arrays are stored as `F32`, 64-bit arrays as `F64`, bit for bit.
 *
 * @param path Path of the file; replaced if there.
 * @param arrays Arrays by name.
 * @param options Metadata, and where to write.
 * @throws {DiskFullError} If the disk is full; the old file is untouched.
 *
 * @example Usage
 * ```ts
 * import { writeSafetensors } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const path = await Deno.makeTempFile();
 * await writeSafetensors(path, { a: { shape: [1], values: Float32Array.of(1) } });
 * assertEquals((await Deno.stat(path)).size % 8, 4);
 * await Deno.remove(path);
 * ```
 */
export async function writeSafetensors(
  path: string,
  arrays: ArrayMap,
  options: SafetensorsOptions & WriteOptions = {},
): Promise<void> {
  const chunks = safetensorsChunks(arrays, options);
  await writeFileAtomically(path, chunks, options);
}

/**
 * The bytes of a safetensors file, as a header and one view an array.
 *
 * Wide arrays come first, then names in order, so that every tensor is aligned
 * and the same arrays give the same bytes.
 *
 * @param arrays Arrays by name.
 * @param options Metadata.
 * @returns Chunks to write one after the other; the arrays are not copied.
 * @throws {RangeError} If an array's length is not the product of its shape.
 *
 * @example Usage
 * ```ts
 * import { safetensorsChunks } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const chunks = safetensorsChunks({ a: { shape: [1], values: Float32Array.of(1) } });
 * assertEquals(chunks.map((chunk) => chunk.length), [96, 4]);
 * ```
 */
export function safetensorsChunks(
  arrays: ArrayMap,
  { metadata = { format: "pt" }, digest = false }: SafetensorsOptions = {},
): Uint8Array<ArrayBuffer>[] {
  const named = Object.entries(arrays).sort(([nameA, a], [nameB, b]) =>
    b.values.BYTES_PER_ELEMENT - a.values.BYTES_PER_ELEMENT ||
    (nameA < nameB ? -1 : 1)
  );
  const data = named.map(([, { values }]) => arrayBytes(values));
  let place = 0;
  const described = named.map(([name, array]) => {
    checkArray(name, array);
    const begin = place;
    place += array.values.byteLength;
    const dtype = array.values instanceof Float64Array ? "F64" : "F32";
    return [name, { dtype, shape: array.shape, data_offsets: [begin, place] }];
  });
  const text = digest
    ? { ...metadata, [DATA_DIGEST]: sha256Of(data) }
    : metadata;
  const json = JSON.stringify(
    Object.fromEntries([["__metadata__", text], ...described]),
  );
  return [headBytes(json), ...data];
}

/** The header's length and the header, filled up with spaces to a multiple of 8. */
function headBytes(json: string): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(json);
  const head = new Uint8Array(8 + Math.ceil(bytes.length / 8) * 8).fill(32);
  new DataView(head.buffer).setBigUint64(0, BigInt(head.length - 8), true);
  head.set(bytes, 8);
  return head;
}

/** Refuses an array that does not fill its shape, or a name that readers refuse. */
function checkArray(name: string, { shape, values }: StoredArray): void {
  const size = shape.reduce((product, length) => product * length, 1);
  if (size !== values.length) {
    throw new RangeError(
      `Cannot write tensor "${name}": expected ${size} values for [${
        shape.join(", ")
      }], got ${values.length}`,
    );
  }
  if (name === "__proto__" || name === "__metadata__") {
    throw new RangeError(
      `Cannot write a tensor: expected a plain name, got "${name}"`,
    );
  }
}
