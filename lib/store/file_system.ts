/** A file that is being written. */
export interface FileWriter {
  /**
   * Appends bytes, all of them.
   *
   * @param bytes What to append.
   */
  write(bytes: Uint8Array): Promise<void>;
  /** Waits until the disk holds what was written. */
  sync(): Promise<void>;
  /** Ends the writing. */
  close(): void;
}

/**
 * The few operations that safe writing is built from, one system call each.
 *
 * Tests put one in that stops before any given call, as a killed process does,
 * or that has no space left.
 */
export interface FileSystem {
  /**
   * Makes a folder and the folders above it.
   *
   * @param path The folder; may be there.
   */
  makeFolder(path: string): Promise<void>;
  /**
   * Opens a new file.
   *
   * @param path The file; must not be there.
   */
  create(path: string): Promise<FileWriter>;
  /**
   * Renames a file or folder in one indivisible step.
   *
   * @param from The present name.
   * @param to The new name; a file there is replaced, a folder must be empty.
   */
  rename(from: string, to: string): Promise<void>;
  /**
   * Removes a file or a folder with all it holds; no matter if absent.
   *
   * @param path What to remove.
   */
  remove(path: string): Promise<void>;
  /**
   * Waits until the disk holds a folder's names.
   *
   * @param path The folder.
   */
  syncFolder(path: string): Promise<void>;
  /**
   * Whether there is a file or folder of that name.
   *
   * @param path Where to look.
   */
  exists(path: string): Promise<boolean>;
}

/**
 * The real file system.
 *
 * @example Usage
 * ```ts
 * import { diskFileSystem } from "#lib/store/file_system.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * const file = await diskFileSystem.create(`${folder}/a`);
 * await file.write(Uint8Array.of(97));
 * file.close();
 * assertEquals(await Deno.readTextFile(`${folder}/a`), "a");
 * await diskFileSystem.remove(folder);
 * ```
 */
export const diskFileSystem: FileSystem = {
  async makeFolder(path) {
    await Deno.mkdir(path, { recursive: true });
  },
  async create(path) {
    return fileWriter(await Deno.open(path, { write: true, createNew: true }));
  },
  async rename(from, to) {
    await Deno.rename(from, to);
  },
  async remove(path) {
    await Deno.remove(path, { recursive: true }).catch(absentIsFine);
  },
  async syncFolder(path) {
    // Windows opens no folders, and keeps names by itself.
    if (Deno.build.os === "windows") return;
    using folder = await Deno.open(path);
    await folder.sync();
  },
  async exists(path) {
    return await Deno.lstat(path).catch(absentIsFine) !== undefined;
  },
};

/** A writer over an open file. */
function fileWriter(file: Deno.FsFile): FileWriter {
  return {
    async write(bytes) {
      let done = 0;
      while (done < bytes.length) {
        done += await file.write(bytes.subarray(done));
      }
    },
    sync: () => file.sync(),
    close: () => file.close(),
  };
}

/** Lets only "no such file" pass, also where a folder above it is a file. */
function absentIsFine(error: unknown): undefined {
  if (
    error instanceof Deno.errors.NotFound ||
    error instanceof Deno.errors.NotADirectory
  ) return;
  throw error;
}
