import { createHash } from "node:crypto";
import { fileBlocks } from "./file_blocks.ts";

/**
 * SHA-256 of bytes that lie in pieces.
 *
 * @param chunks The bytes, in order.
 * @returns 64 hexadecimal digits.
 *
 * @example Usage
 * ```ts
 * import { sha256Of } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(sha256Of([]).slice(0, 8), "e3b0c442");
 * ```
 */
export function sha256Of(chunks: Iterable<Uint8Array>): string {
  const hash = createHash("sha256");
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest("hex");
}

/**
 * SHA-256 of what is left of an open file.
 *
 * @param file An open file; it is read from its present position to its end.
 * @returns 64 hexadecimal digits.
 *
 * @example Usage
 * ```ts
 * import { sha256OfFile } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const path = await Deno.makeTempFile();
 * using file = await Deno.open(path);
 * assertEquals((await sha256OfFile(file)).slice(0, 8), "e3b0c442");
 * await Deno.remove(path);
 * ```
 */
export async function sha256OfFile(file: Deno.FsFile): Promise<string> {
  const hash = createHash("sha256");
  for await (const block of fileBlocks(file)) hash.update(block);
  return hash.digest("hex");
}
