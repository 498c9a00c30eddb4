/** Bytes looked at a time, from the end. */
const BLOCK = 4096;

/**
 * Cuts off a last line without an end, which a killed process left in a file of
 * lines.
 *
 * @param file Open for reading and writing.
 * @returns The length of the file now.
 *
 * @example Usage
 * ```ts
 * import { cutTornLine } from "#lib/store/cut_torn_line.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const path = await Deno.makeTempFile();
 * await Deno.writeTextFile(path, '{"a":1}\n{"a":');
 * using file = await Deno.open(path, { read: true, write: true });
 * assertEquals(await cutTornLine(file), 8);
 * assertEquals(await Deno.readTextFile(path), '{"a":1}\n');
 * await Deno.remove(path);
 * ```
 */
export async function cutTornLine(file: Deno.FsFile): Promise<number> {
  const { size } = await file.stat();
  const block = new Uint8Array(BLOCK);
  for (let end = size; end > 0;) {
    const begin = Math.max(0, end - BLOCK);
    await file.seek(begin, Deno.SeekMode.Start);
    const read = await file.read(block.subarray(0, end - begin)) ?? 0;
    const last = block.subarray(0, read).lastIndexOf(10);
    if (last >= 0) return await shortened(file, size, begin + last + 1);
    end = begin;
  }
  return await shortened(file, size, 0);
}

/** Truncates where there is something to cut. */
async function shortened(
  file: Deno.FsFile,
  size: number,
  length: number,
): Promise<number> {
  if (length < size) await file.truncate(length);
  return length;
}
