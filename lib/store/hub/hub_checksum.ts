import { createHash } from "node:crypto";
import { fileBlocks } from "../file_blocks.ts";

/**
 * Checks a file against the checksum the hub gives: SHA-256 of the bytes for
 * large files, git's blob SHA-1 (the length goes before the bytes) for small ones.
 *
 * @param path The file.
 * @param checksum 64 or 40 hexadecimal digits.
 * @returns The file's own checksum, of the same kind; `undefined` where the kind
 * is neither.
 *
 * @example Usage
 * ```ts
 * import { fileChecksum } from "#lib/store/hub/hub_checksum.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const path = await Deno.makeTempFile();
 * // What `git hash-object` says of an empty file.
 * assertEquals((await fileChecksum(path, "0".repeat(40)))?.slice(0, 8), "e69de29b");
 * await Deno.remove(path);
 * ```
 */
export async function fileChecksum(
  path: string,
  checksum: string,
): Promise<string | undefined> {
  const isGit = /^[0-9a-f]{40}$/.test(checksum);
  if (!isGit && !/^[0-9a-f]{64}$/.test(checksum)) return undefined;
  using file = await Deno.open(path);
  const hash = createHash(isGit ? "sha1" : "sha256");
  if (isGit) hash.update(`blob ${(await file.stat()).size}\0`);
  for await (const block of fileBlocks(file)) hash.update(block);
  return hash.digest("hex");
}
