import { diskFileSystem, type FileSystem } from "#lib/store/file_system.ts";

/** What happens at the chosen operation. */
export type Failure = "killed" | "disk full";

/** A file system that fails, and how often it was asked. */
export interface FailingFileSystem {
  /** The disk, until the chosen operation. */
  readonly fileSystem: FileSystem;
  /** Operations asked for so far. */
  count(): number;
}

/**
 * The real disk, up to the operation `failAt`, counted from 0.
 *
 * `killed`: that operation is done by half (a write) or not at all, and nothing
 * works afterwards, as for a process that is gone. `disk full`: from that
 * operation on, creating and writing fail and removing works.
 */
export function failingFileSystem(
  failAt: number,
  failure: Failure,
): FailingFileSystem {
  let count = 0;
  const attempt = async <T>(
    operation: () => Promise<T>,
    { grows = false, half = () => Promise.resolve() } = {},
  ): Promise<T> => {
    const at = count++;
    const fails = failure === "killed" || grows;
    if (at < failAt || !fails) return await operation();
    if (at === failAt) await half();
    throw failure === "killed"
      ? new TypeError("the process is gone")
      : Object.assign(new TypeError("No space left on device (os error 28)"), {
        code: "ENOSPC",
      });
  };
  const disk = diskFileSystem;
  return {
    count: () => count,
    fileSystem: {
      makeFolder: (path) =>
        attempt(() => disk.makeFolder(path), { grows: true }),
      rename: (from, to) => attempt(() => disk.rename(from, to)),
      remove: (path) => attempt(() => disk.remove(path)),
      syncFolder: (path) => attempt(() => disk.syncFolder(path)),
      exists: (path) => attempt(() => disk.exists(path)),
      create: async (path) => {
        const file = await attempt(() => disk.create(path), { grows: true });
        return {
          write: (bytes) =>
            attempt(() => file.write(bytes), {
              grows: true,
              half: () => file.write(bytes.subarray(0, bytes.length >> 1)),
            }),
          sync: () => attempt(() => file.sync()),
          close: () => file.close(),
        };
      },
    },
  };
}

/** Runs work in a folder of its own, which is removed afterwards. */
export async function inTemporaryFolder(
  work: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Names in a folder, in order. */
export function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}
