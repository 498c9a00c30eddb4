import { writeFileAtomically } from "./atomic_file.ts";
import { elementDecoders } from "./element_decoder.ts";
import {
  parseSafetensorsHeader,
  type SafetensorsEntry,
  type SafetensorsHeader,
  safetensorsHeaderLength,
} from "./safetensors_header.ts";
import { inBlocks, readExactly } from "./read_exactly.ts";
import type { ArrayMap, StoredArray, WeightMap } from "./weight_map.ts";

/** Settings of {@link readSafetensors}. */
export interface ReadSafetensorsOptions {
  /** Which tensors to read, by name; all of them by default. */
  readonly select?: (name: string) => boolean;
}

/**
 * Reads the header of a safetensors file, and none of its tensors.
 *
 * @param path Path of the file.
 * @returns Tensors by name with type, shape and place, and the metadata.
 * @throws {SyntaxError} If the file is not well formed; see {@link parseSafetensorsHeader}.
 *
 * @example Usage
 * ```ts
 * import { readSafetensorsHeader, writeSafetensors } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const path = await Deno.makeTempFile();
 * await writeSafetensors(path, { a: { shape: [2], values: Float32Array.of(1, 2) } });
 * assertEquals((await readSafetensorsHeader(path)).entries.get("a")?.dtype, "F32");
 * await Deno.remove(path);
 * ```
 */
export async function readSafetensorsHeader(
  path: string,
): Promise<SafetensorsHeader> {
  using file = await openFile(path);
  return (await header(file, path)).header;
}

/**
 * Reads named 32-bit weights from a safetensors file.
 *
 * 16-bit floats widen without loss; 64-bit floats and integers are rounded to
 * 32 bits. See {@link readArrays} for the stored width. The header is treated
 * as hostile input, and a tensor's bytes are read straight into its array.
 *
 * Cost: memory of the selected tensors, and no second copy of them.
 *
 * @param path Path of the file.
 * @param options Which tensors to read.
 * @returns Weights by name, in the order of the file.
 * @throws {SyntaxError} If the file is truncated, altered or not well formed.
 *
 * @example Usage
 * ```ts
 * import { readSafetensors, writeSafetensors } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const path = await Deno.makeTempFile();
 * await writeSafetensors(path, { a: { shape: [2], values: Float32Array.of(1, 2) } });
 * assertEquals((await readSafetensors(path)).a?.values, Float32Array.of(1, 2));
 * await Deno.remove(path);
 * ```
 */
export async function readSafetensors(
  path: string,
  options: ReadSafetensorsOptions = {},
): Promise<WeightMap> {
  return await readTensors(path, options, () => true) as WeightMap;
}

/**
 * Reads named arrays from a safetensors file at the width they are stored in.
 *
 * 64-bit floats and integers come as `Float64Array`, so that nothing is lost;
 * everything else as `Float32Array`.
 *
 * @param path Path of the file.
 * @param options Which tensors to read.
 * @returns Arrays by name, in the order of the file.
 * @throws {SyntaxError} If the file is truncated, altered or not well formed.
 *
 * @example Usage
 * ```ts
 * import { readArrays, writeSafetensors } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const path = await Deno.makeTempFile();
 * await writeSafetensors(path, { a: { shape: [], values: Float64Array.of(0.1) } });
 * assertEquals((await readArrays(path)).a?.values, Float64Array.of(0.1));
 * await Deno.remove(path);
 * ```
 */
export async function readArrays(
  path: string,
  options: ReadSafetensorsOptions = {},
): Promise<ArrayMap> {
  return await readTensors(path, options, (fitsFloat32) => fitsFloat32);
}

/**
 * Writes named arrays to a safetensors file, whole or not at all.
 *
 * 32-bit arrays are stored as `F32`, 64-bit arrays as `F64`, bit for bit.
 *
 * @param path Path of the file; replaced if there.
 * @param arrays Arrays by name.
 * @param metadata Free text pairs; PyTorch's readers ask for `format: pt`.
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
  metadata: Readonly<Record<string, string>> = { format: "pt" },
): Promise<void> {
  await writeFileAtomically(path, safetensorsChunks(arrays, metadata));
}

/**
 * The bytes of a safetensors file, as a header and one view an array.
 *
 * Wide arrays come first, then names in order, so that every tensor is aligned
 * and the same arrays give the same bytes.
 *
 * @param arrays Arrays by name.
 * @param metadata Free text pairs.
 * @returns Chunks to write one after the other; the arrays are not copied.
 * @throws {RangeError} If an array's length is not the product of its shape.
 *
 * @example Usage
 * ```ts
 * import { safetensorsChunks } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const chunks = safetensorsChunks({ a: { shape: [1], values: Float32Array.of(1) } });
 * assertEquals(chunks.map((chunk) => chunk.length), [104, 4]);
 * ```
 */
export function safetensorsChunks(
  arrays: ArrayMap,
  metadata: Readonly<Record<string, string>> = { format: "pt" },
): Uint8Array<ArrayBuffer>[] {
  const named = Object.entries(arrays).sort(([nameA, a], [nameB, b]) =>
    b.values.BYTES_PER_ELEMENT - a.values.BYTES_PER_ELEMENT ||
    (nameA < nameB ? -1 : 1)
  );
  let place = 0;
  const described = named.map(([name, array]) => {
    checkArray(name, array);
    const begin = place;
    place += array.values.byteLength;
    const dtype = array.values instanceof Float64Array ? "F64" : "F32";
    return [name, { dtype, shape: array.shape, data_offsets: [begin, place] }];
  });
  const json = new TextEncoder().encode(
    JSON.stringify(
      Object.fromEntries([["__metadata__", metadata], ...described]),
    ),
  );
  const head = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(32);
  new DataView(head.buffer).setBigUint64(0, BigInt(head.length - 8), true);
  head.set(json, 8);
  return [head, ...named.map(([, { values }]) => bytesOf(values))];
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

/** The memory of an array, not copied. */
function bytesOf(values: Float32Array | Float64Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(
    values.buffer as ArrayBuffer,
    values.byteOffset,
    values.byteLength,
  );
}

/** Reads the selected tensors into arrays of the width that `narrow` chooses. */
async function readTensors(
  path: string,
  { select = () => true }: ReadSafetensorsOptions,
  narrow: (fitsFloat32: boolean) => boolean,
): Promise<ArrayMap> {
  using file = await openFile(path);
  const { header: { entries }, dataBegin } = await header(file, path);
  const arrays: Record<string, StoredArray> = {};
  for (const [name, entry] of entries) {
    if (!select(name)) continue;
    await file.seek(dataBegin + entry.begin, Deno.SeekMode.Start);
    arrays[name] = await readTensor(file, entry, { path, name, narrow });
  }
  return arrays;
}

/** Reads one tensor from the file's present position. */
async function readTensor(
  file: Deno.FsFile,
  { dtype, shape, begin, end }: SafetensorsEntry,
  { path, name, narrow }: {
    readonly path: string;
    readonly name: string;
    readonly narrow: (fitsFloat32: boolean) => boolean;
  },
): Promise<StoredArray> {
  const decoder = elementDecoders.get(dtype);
  if (decoder === undefined) {
    throw new SyntaxError(
      `Cannot read tensor "${name}" of ${path}: expected ${
        [...elementDecoders.keys()].join(", ")
      }, got ${dtype}`,
    );
  }
  const count = (end - begin) / decoder.bytes;
  const values = narrow(decoder.fitsFloat32)
    ? new Float32Array(count)
    : new Float64Array(count);
  if (dtype === "F32") await readExactly(file, bytesOf(values), path);
  else {
    let at = 0;
    for await (const block of inBlocks(file, end - begin, path)) {
      decoder.decode(block, values, at);
      at += block.byteLength / decoder.bytes;
    }
  }
  return { shape, values };
}

/** Reads and checks the header; says where the data begins. */
async function header(
  file: Deno.FsFile,
  path: string,
): Promise<{ readonly header: SafetensorsHeader; readonly dataBegin: number }> {
  const fileBytes = (await file.stat()).size;
  const prefix = new Uint8Array(Math.min(8, fileBytes));
  await readExactly(file, prefix, path);
  const length = safetensorsHeaderLength(prefix, { fileBytes, file: path });
  const bytes = new Uint8Array(length);
  await readExactly(file, bytes, path);
  const dataBegin = 8 + length;
  return {
    header: parseSafetensorsHeader(bytes, {
      dataBytes: fileBytes - dataBegin,
      file: path,
    }),
    dataBegin,
  };
}

/** Opens a weight file, or says which one is missing. */
async function openFile(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Deno.errors.NotFound(
      `Cannot read ${path}: expected a safetensors file, got no such file`,
    );
  }
}
