import { arrayBytes } from "../array_bytes.ts";
import { elementDecoders } from "./element_decoder.ts";
import {
  parseSafetensorsHeader,
  type SafetensorsEntry,
  type SafetensorsHeader,
  safetensorsHeaderLength,
} from "./safetensors_header.ts";
import { inBlocks, readExactly } from "../read_exactly.ts";
import { sha256OfFile } from "../sha256.ts";
import { DATA_DIGEST } from "./write_safetensors.ts";
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
 * as hostile input, and a tensor's bytes are read straight into its array. Where
 * the file was written with its digest, the data must match it.
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

/** Reads the selected tensors into arrays of the width that `narrow` chooses. */
async function readTensors(
  path: string,
  { select = () => true }: ReadSafetensorsOptions,
  narrow: (fitsFloat32: boolean) => boolean,
): Promise<ArrayMap> {
  using file = await openFile(path);
  const { header: { entries, metadata }, dataBegin } = await header(file, path);
  const arrays: Record<string, StoredArray> = {};
  for (const [name, entry] of entries) {
    if (!select(name)) continue;
    await file.seek(dataBegin + entry.begin, Deno.SeekMode.Start);
    arrays[name] = await readTensor(file, entry, { path, name, narrow });
  }
  const digest = metadata[DATA_DIGEST];
  if (digest !== undefined) {
    await file.seek(dataBegin, Deno.SeekMode.Start);
    await checkDigest(file, digest, path);
  }
  return arrays;
}

/** Refuses data that is not what was written. */
async function checkDigest(
  file: Deno.FsFile,
  expected: string,
  path: string,
): Promise<void> {
  const got = await sha256OfFile(file);
  if (got !== expected) {
    throw new SyntaxError(
      `Cannot read ${path}: expected data with SHA-256 ${expected}, got ${got} (altered?)`,
    );
  }
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
  if (dtype === "F32") await readExactly(file, arrayBytes(values), path);
  else {
    let at = 0;
    for await (const block of inBlocks(file, end - begin, path)) {
      decoder.decode(block, values, at);
      at += block.byteLength / decoder.bytes;
    }
  }
  return { shape, values };
}

/** The first 8 bytes of the text that Git LFS puts in place of a large file. */
const POINTER = "version ";

/** Reads and checks the header; says where the data begins. */
async function header(
  file: Deno.FsFile,
  path: string,
): Promise<{ readonly header: SafetensorsHeader; readonly dataBegin: number }> {
  const fileBytes = (await file.stat()).size;
  const prefix = new Uint8Array(Math.min(8, fileBytes));
  await readExactly(file, prefix, path);
  if (new TextDecoder().decode(prefix) === POINTER) {
    throw new SyntaxError(
      `Cannot read ${path}: expected a safetensors file, got a pointer to one that was not ` +
        `downloaded (run git lfs pull)`,
    );
  }
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
