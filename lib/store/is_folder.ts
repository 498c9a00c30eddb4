/**
 * Whether there is a folder of that name.
 *
 * @param path Where to look.
 * @returns False where nothing is there, or a file, or a file is on the way.
 * @throws {Error} What the system says where it does not let us look.
 *
 * @example Usage
 * ```ts
 * import { isFolder } from "#lib/store/is_folder.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const paths = ["lib", "lib/mod.ts", "lib/mod.ts/a", "none"];
 * const found = await Promise.all(paths.map(isFolder));
 * assertEquals(found, [true, false, false, false]);
 * ```
 */
export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (error) {
    const isAbsent = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory; // a path through a file
    if (isAbsent) return false;
    throw error;
  }
}
