/** Bytes that are asked for at a time. */
const BLOCK = 1 << 20;

/**
 * What is left of an open file, a block at a time.
 *
 * A block is gone when the next one comes: copy what must stay.
 *
 * @param file An open file; it is read from its present position to its end, and stays open.
 * @yields At least one byte, at most 1 MiB.
 *
 * @example Usage
 * ```ts
 * import { fileBlocks } from "#lib/store/file_blocks.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const path = await Deno.makeTempFile();
 * await Deno.writeTextFile(path, "abc");
 * using file = await Deno.open(path);
 * const lengths = await Array.fromAsync(fileBlocks(file), ({ length }) => length);
 * assertEquals(lengths, [3]);
 * await Deno.remove(path);
 * ```
 */
export async function* fileBlocks(
  file: Deno.FsFile,
): AsyncGenerator<Uint8Array> {
  const block = new Uint8Array(BLOCK);
  for (
    let count = await file.read(block);
    count !== null;
    count = await file.read(block)
  ) yield block.subarray(0, count);
}
