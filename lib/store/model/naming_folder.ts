/** An error of one of a folder's files, which does not say which folder's. */
const NAMELESS = /^Cannot read (?=[a-z_]+\.json: )/;

/**
 * Puts the folder's name into an error of its `config.json` or `tokenizer.json`.
 *
 * @param folder The folder.
 * @param load Reads its files.
 * @returns What `load` gives.
 * @throws {RangeError} If `load` does; the error names the file with its folder.
 *
 * @example Usage
 * ```ts
 * import { refuseConfig } from "#lib/encoder/read_config.ts";
 * import { namingFolder } from "#lib/store/model/naming_folder.ts";
 * import { assertRejects } from "@std/assert";
 *
 * const load = () => Promise.reject(refuseConfig("a size", 0));
 * await assertRejects(
 *   () => namingFolder("a/folder", load),
 *   RangeError,
 *   "Cannot read a/folder/config.json: expected a size, got 0",
 * );
 * ```
 */
export async function namingFolder<T>(
  folder: string,
  load: () => Promise<T>,
): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (!(error instanceof RangeError) || !NAMELESS.test(error.message)) {
      throw error;
    }
    throw new RangeError(
      error.message.replace(NAMELESS, () => `Cannot read ${folder}/`),
    );
  }
}
