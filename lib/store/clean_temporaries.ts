import type { WriteOptions } from "./atomic_file.ts";
import { diskFileSystem } from "./file_system.ts";
import { parseTemporaryName } from "./temporary_name.ts";

/**
 * Brings a folder in order after a process that wrote to it was killed.
 *
 * A write that did not finish is removed. What was put aside to be replaced gets
 * its name back where nothing took it, else it is removed. Only names that this
 * module gives out are touched.
 *
 * @param folder The folder; no matter if absent.
 * @param options Where to write.
 *
 * @example Usage
 * ```ts
 * import { cleanTemporaries } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${folder}/a.tmp-01234567`, "half");
 * await Deno.writeTextFile(`${folder}/b.old-01234567`, "whole");
 * await cleanTemporaries(folder);
 * assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["b"]);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function cleanTemporaries(
  folder: string,
  { fileSystem = diskFileSystem }: WriteOptions = {},
): Promise<void> {
  for (const name of await namesIn(folder)) {
    const temporary = parseTemporaryName(name);
    if (temporary === undefined) continue;
    const [from, final] = [`${folder}/${name}`, `${folder}/${temporary.final}`];
    if (temporary.kind === "old" && !await fileSystem.exists(final)) {
      await fileSystem.rename(from, final);
    } else await fileSystem.remove(from);
  }
}

/** Names in a folder, sorted; none where it is absent. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(folder));
    return entries.map(({ name }) => name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
