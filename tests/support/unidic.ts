import { findUnidic, loadUnidic } from "#lib/store/model/find_unidic.ts";
import type { MecabDictionary } from "#lib/text/mecab_dictionary.ts";

/**
 * The dictionary unidic-lite, or nothing, with the reason printed, where it is not
 * installed.
 */
export async function unidicHere(): Promise<MecabDictionary | undefined> {
  try {
    return await loadUnidic(await findUnidic());
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.log(`skipped: ${error.message}`);
    return undefined;
  }
}
