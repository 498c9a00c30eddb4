import { writeError } from "./disk_full_error.ts";
import { diskFileSystem, type FileSystem } from "./file_system.ts";
import { parentFolder, temporaryName } from "./temporary_name.ts";

/** Settings of safe writing. */
export interface WriteOptions {
  /** Where to write; the disk by default. */
  readonly fileSystem?: FileSystem;
}

/** What a file shall hold: text, bytes, or bytes in pieces. */
export type FileContent = string | Uint8Array | Iterable<Uint8Array>;

/**
 * Writes a file whole or not at all.
 *
 * The bytes go to a temporary beside the final name, are synced to the disk,
 * and take the name in one step; then the folder is synced. A reader sees the
 * old file or the new one, whenever the writer is killed. On an error the
 * temporary is removed and the old file is untouched.
 *
 * @param path The file; its folder must be there.
 * @param content What it shall hold; text is written as UTF-8.
 * @param options Where to write.
 * @throws {DiskFullError} If the disk is full.
 *
 * @example Usage
 * ```ts
 * import { writeFileAtomically } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * await writeFileAtomically(`${folder}/settings.json`, "{}");
 * assertEquals(await Deno.readTextFile(`${folder}/settings.json`), "{}");
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function writeFileAtomically(
  path: string,
  content: FileContent,
  { fileSystem = diskFileSystem }: WriteOptions = {},
): Promise<void> {
  const temporary = temporaryName(path, "tmp");
  try {
    await writeFile(temporary, contentChunks(content), fileSystem);
    await fileSystem.rename(temporary, path);
    await fileSystem.syncFolder(parentFolder(path));
  } catch (error) {
    await fileSystem.remove(temporary).catch(() => {});
    throw writeError(path, error);
  }
}

/**
 * Writes and syncs one new file, without any protection by a temporary.
 *
 * @param path The file; must not be there.
 * @param chunks Its bytes, in pieces.
 * @param fileSystem Where to write.
 *
 * @example Usage
 * ```ts
 * import { writeFile } from "#lib/store/atomic_file.ts";
 * import { diskFileSystem } from "#lib/store/file_system.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * await writeFile(`${folder}/a`, [Uint8Array.of(97)], diskFileSystem);
 * assertEquals(await Deno.readTextFile(`${folder}/a`), "a");
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function writeFile(
  path: string,
  chunks: Iterable<Uint8Array>,
  fileSystem: FileSystem,
): Promise<void> {
  const file = await fileSystem.create(path);
  try {
    for (const chunk of chunks) await file.write(chunk);
    await file.sync();
  } finally {
    file.close();
  }
}

/**
 * Any content as pieces of bytes.
 *
 * @param content Text, bytes, or bytes in pieces.
 * @returns The pieces; bytes are not copied.
 *
 * @example Usage
 * ```ts
 * import { contentChunks } from "#lib/store/atomic_file.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([...contentChunks("a")], [Uint8Array.of(97)]);
 * ```
 */
export function contentChunks(content: FileContent): Iterable<Uint8Array> {
  if (typeof content === "string") return [new TextEncoder().encode(content)];
  return content instanceof Uint8Array ? [content] : content;
}
