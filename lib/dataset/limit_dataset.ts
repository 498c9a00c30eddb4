import type { Qrels } from "../eval/run.ts";
import type { Dataset } from "./dataset.ts";

/** How much of a dataset to keep. */
export interface DatasetLimit {
  /** Most queries a split keeps, the first of the file; all by default. */
  readonly queries?: number;
  /** Most documents kept; those that kept queries are judged on stay in any case. */
  readonly documents?: number;
}

/**
 * Cuts a dataset down, for a quick look or a test.
 *
 * Every kept query keeps all its judged documents, so no judgement is lost; the
 * results on a smaller collection are not comparable with published ones.
 *
 * @param dataset What to cut.
 * @param limit How much to keep.
 * @returns A smaller dataset.
 * @throws {RangeError} If a limit is below 1.
 *
 * @example Usage
 * ```ts
 * import { limitDataset } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const dataset = {
 *   name: "toy",
 *   queries: new Map([["q", "a"], ["r", "b"]]),
 *   documents: new Map([["1", "x"], ["2", "y"], ["3", "z"]]),
 *   qrels: { test: new Map([["q", new Map([["3", 1]])], ["r", new Map([["2", 1]])]]) },
 * };
 * const small = limitDataset(dataset, { queries: 1, documents: 2 });
 * assertEquals([...small.documents.keys()], ["1", "3"]);
 * ```
 */
export function limitDataset(
  dataset: Dataset,
  { queries = Infinity, documents = Infinity }: DatasetLimit,
): Dataset {
  for (const [name, value] of Object.entries({ queries, documents })) {
    if (!(value >= 1)) {
      throw new RangeError(
        `Cannot limit ${dataset.name}: expected at least 1 of ${name}, got ${value}`,
      );
    }
  }
  const qrels = Object.fromEntries(
    Object.entries(dataset.qrels).map((
      [split, all],
    ) => [split, all && new Map([...all].slice(0, queries))]),
  );
  const asked = new Set(
    Object.values(qrels).flatMap((split) => [...split?.keys() ?? []]),
  );
  const kept = keptDocuments(dataset, qrels, documents);
  return {
    ...dataset,
    qrels,
    queries: only(dataset.queries, asked),
    documents: only(dataset.documents, kept),
    ...trimmed(dataset, { asked, kept }),
  };
}

/** The judged documents, and the first others as far as there is room. */
function keptDocuments(
  { documents }: Dataset,
  qrels: Readonly<Record<string, Qrels | undefined>>,
  most: number,
): Set<string> {
  const kept = new Set<string>();
  for (const split of Object.values(qrels)) {
    for (const grades of split?.values() ?? []) {
      for (const id of grades.keys()) kept.add(id);
    }
  }
  for (const id of documents.keys()) {
    if (kept.size >= most) break;
    kept.add(id);
  }
  return kept;
}

/** The parts that a dataset may lack, cut down. */
function trimmed(
  { pools, negatives, tuples }: Dataset,
  { asked, kept }: {
    readonly asked: ReadonlySet<string>;
    readonly kept: ReadonlySet<string>;
  },
): Pick<Dataset, "pools" | "negatives" | "tuples"> {
  const inside = (ids: readonly string[]) => ids.filter((id) => kept.has(id));
  return {
    ...(pools && {
      pools: Object.fromEntries(
        Object.entries(pools).map((
          [split, ids],
        ) => [split, ids && inside(ids)]),
      ),
    }),
    ...(negatives && {
      negatives: new Map(
        [...only(negatives, asked)].map(([id, others]) => [id, inside(others)]),
      ),
    }),
    ...(tuples && {
      tuples: tuples.filter(({ query, documents }) =>
        asked.has(query) && documents.every((id) => kept.has(id))
      ),
    }),
  };
}

/** The entries with the given keys, in the map's order. */
function only<V>(
  map: ReadonlyMap<string, V>,
  keys: ReadonlySet<string>,
): Map<string, V> {
  return new Map([...map].filter(([id]) => keys.has(id)));
}
