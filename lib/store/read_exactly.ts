/** Bytes decoded at a time: small beside any weight file, a multiple of 8. */
const BLOCK_BYTES = 1 << 20;

/**
 * Fills an array from a file's present position.
 *
 * @param file An open file.
 * @param into Array to fill.
 * @param path The file's name, for the error.
 * @throws {SyntaxError} If the file ends before the array is full.
 *
 * @example Usage
 * ```ts
 * import { readExactly } from "#lib/store/read_exactly.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const path = await Deno.makeTempFile();
 * await Deno.writeTextFile(path, "abc");
 * using file = await Deno.open(path);
 * const bytes = new Uint8Array(2);
 * await readExactly(file, bytes, path);
 * assertEquals(bytes, Uint8Array.of(97, 98));
 * await Deno.remove(path);
 * ```
 */
export async function readExactly(
  file: Deno.FsFile,
  into: Uint8Array<ArrayBuffer>,
  path: string,
): Promise<void> {
  let done = 0;
  while (done < into.length) {
    const count = await file.read(into.subarray(done));
    if (count === null) {
      throw new SyntaxError(
        `Cannot read ${path}: expected ${into.length} bytes, got ${done} (truncated?)`,
      );
    }
    done += count;
  }
}

/**
 * Reads a stretch of a file in blocks of about a megabyte.
 *
 * @param file An open file, at the beginning of the stretch.
 * @param bytes Length of the stretch.
 * @param path The file's name, for the error.
 * @yields One view a block; the next block overwrites it.
 * @throws {SyntaxError} If the file ends before the stretch does.
 *
 * @example Usage
 * ```ts
 * import { inBlocks } from "#lib/store/read_exactly.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const path = await Deno.makeTempFile();
 * await Deno.writeTextFile(path, "abc");
 * using file = await Deno.open(path);
 * for await (const block of inBlocks(file, 3, path)) assertEquals(block.getUint8(2), 99);
 * await Deno.remove(path);
 * ```
 */
export async function* inBlocks(
  file: Deno.FsFile,
  bytes: number,
  path: string,
): AsyncGenerator<DataView<ArrayBuffer>> {
  const buffer = new Uint8Array(Math.min(bytes, BLOCK_BYTES));
  for (let left = bytes; left > 0;) {
    const block = buffer.subarray(0, Math.min(left, buffer.length));
    await readExactly(file, block, path);
    yield new DataView(block.buffer, 0, block.length);
    left -= block.length;
  }
}
