/**
 * Whether there is a folder of that name.
 *
 * @param path Where to look.
 * @returns False where nothing is there, or a file.
 * @throws {Error} What the system says where it does not let us look.
 *
 * @example Usage
 * ```ts
 * import { isFolder } from "#lib/store/is_folder.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const paths = ["lib", "lib/mod.ts", "none"];
 * assertEquals(await Promise.all(paths.map(isFolder)), [true, false, false]);
 * ```
 */
export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
