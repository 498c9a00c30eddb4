import { createHash } from "node:crypto";
import {
  contentChunks,
  type FileContent,
  type WriteOptions,
} from "./atomic_file.ts";
import { writeError } from "./disk_full_error.ts";
import { diskFileSystem, type FileSystem } from "./file_system.ts";
import { parentFolder, temporaryName } from "./temporary_name.ts";

/** A file of a folder that is to be written. */
export interface FolderFile {
  /** Name below the folder, with `/` between its parts. */
  readonly name: string;
  /** What it shall hold. */
  readonly content: FileContent;
}

/** A file of a folder that was written. */
export interface WrittenFile {
  /** Name below the folder. */
  readonly name: string;
  /** Length. */
  readonly bytes: number;
  /** SHA-256 of its bytes, 64 hexadecimal digits. */
  readonly sha256: string;
}

/** Settings of {@link writeFolderAtomically}. */
export interface WriteFolderOptions extends WriteOptions {
  /** Makes one more file, written last, from what was written: a manifest. */
  readonly seal?: (written: readonly WrittenFile[]) => FolderFile;
}

/**
 * Writes a folder whole or not at all.
 *
 * The files go to a temporary folder beside the final name, each synced to the
 * disk; then it takes the name in one step. A folder of that name is put aside
 * first and removed last, and put back if anything fails. After a kill
 * `cleanTemporaries` brings the parent folder in order.
 *
 * @param path The folder; its parent must be there.
 * @param files What it shall hold.
 * @param options A manifest, and where to write.
 * @throws {DiskFullError} If the disk is full; nothing remains of the attempt.
 *
 * @example Usage
 * ```ts
 * import { writeFolderAtomically } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const parent = await Deno.makeTempDir();
 * await writeFolderAtomically(`${parent}/a`, [{ name: "b/c", content: "text" }]);
 * assertEquals(await Deno.readTextFile(`${parent}/a/b/c`), "text");
 * await Deno.remove(parent, { recursive: true });
 * ```
 */
export async function writeFolderAtomically(
  path: string,
  files: Iterable<FolderFile>,
  { seal, fileSystem = diskFileSystem }: WriteFolderOptions = {},
): Promise<void> {
  const temporary = temporaryName(path, "tmp");
  try {
    await fileSystem.makeFolder(temporary);
    const written: WrittenFile[] = [];
    for (const file of files) {
      written.push(await writeInto(temporary, file, fileSystem));
    }
    if (seal) await writeInto(temporary, seal(written), fileSystem);
    for (const folder of foldersOf(temporary, written)) {
      await fileSystem.syncFolder(folder);
    }
    await takeName(temporary, path, fileSystem);
  } catch (error) {
    await fileSystem.remove(temporary).catch(() => {});
    throw writeError(path, error);
  }
}

/** Writes one file, synced, and hashes it on the way. */
async function writeInto(
  folder: string,
  { name, content }: FolderFile,
  fileSystem: FileSystem,
): Promise<WrittenFile> {
  const path = `${folder}/${name}`;
  if (name.includes("/")) await fileSystem.makeFolder(parentFolder(path));
  const hash = createHash("sha256");
  let bytes = 0;
  const file = await fileSystem.create(path);
  try {
    for (const chunk of contentChunks(content)) {
      hash.update(chunk);
      bytes += chunk.length;
      await file.write(chunk);
    }
    await file.sync();
  } finally {
    file.close();
  }
  return { name, bytes, sha256: hash.digest("hex") };
}

/** The folder and those below it that hold files, the deepest first. */
function foldersOf(folder: string, files: readonly WrittenFile[]): string[] {
  const below = files.filter(({ name }) => name.includes("/"))
    .map(({ name }) => `${folder}/${parentFolder(name)}`);
  return [...new Set([...below.sort().reverse(), folder])];
}

/** Gives the temporary its final name, in the place of what has it now. */
async function takeName(
  temporary: string,
  path: string,
  fileSystem: FileSystem,
): Promise<void> {
  const old = await fileSystem.exists(path)
    ? temporaryName(path, "old")
    : undefined;
  if (old !== undefined) await fileSystem.rename(path, old);
  try {
    await fileSystem.rename(temporary, path);
  } catch (error) {
    if (old !== undefined) await fileSystem.rename(old, path).catch(() => {});
    throw error;
  }
  await fileSystem.syncFolder(parentFolder(path));
  if (old !== undefined) await fileSystem.remove(old);
}
