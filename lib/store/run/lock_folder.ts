import { writeError } from "../disk_full_error.ts";

/** A folder that only this process works in. */
export interface LockedFolder {
  /** Lets others work in it. */
  readonly release: () => void;
}

/**
 * Keeps other processes from working in a folder.
 *
 * The lock belongs to the process and ends with it, however it ends: the empty
 * file named `lock` stays in the folder and locks nothing by itself. Where the
 * file system knows no locks, nothing is kept from anybody.
 *
 * @param folder The folder; made with the folders above it.
 * @param task What is done there, for the error: `train`.
 * @returns The lock; `release` it at the end.
 * @throws {Deno.errors.Busy} If another process holds the lock.
 * @throws {DiskFullError} If the disk is full.
 *
 * @example Usage
 * ```ts
 * import { lockFolder } from "#lib/mod.ts";
 * import { assertRejects } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * const lock = await lockFolder(folder, "train");
 * await assertRejects(() => lockFolder(folder, "train"), Deno.errors.Busy);
 * lock.release();
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function lockFolder(
  folder: string,
  task: string,
): Promise<LockedFolder> {
  const path = `${folder}/lock`;
  const file = await openLock(folder, path);
  if (!await isTaken(file)) {
    return {
      release: () => {
        removeAlone(folder);
        file.close();
      },
    };
  }
  file.close();
  throw new Deno.errors.Busy(
    `Cannot ${task} in ${folder}: expected no other process at work there, ` +
      `got one that holds ${path}; wait for it or give another folder (--out)`,
  );
}

/**
 * Removes the file where nothing came of the work. Beside a run it stays: two
 * processes could otherwise hold one that is gone and one that is new.
 */
function removeAlone(folder: string): void {
  try {
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
    if (names.join() === "lock") Deno.removeSync(`${folder}/lock`);
  } catch {
    // Somebody removed the folder, or the system keeps an open file.
  }
}

/** Opens the file, made where it is missing. */
async function openLock(folder: string, path: string): Promise<Deno.FsFile> {
  try {
    await Deno.mkdir(folder, { recursive: true });
    return await Deno.open(path, { create: true, write: true });
  } catch (error) {
    throw writeError(path, error);
  }
}

/** Whether another process holds the file. */
async function isTaken(file: Deno.FsFile): Promise<boolean> {
  try {
    return !await file.tryLock(true);
  } catch {
    return false; // a file system without locks
  }
}
