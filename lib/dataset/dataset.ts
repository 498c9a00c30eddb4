import type { Qrels } from "../eval/run.ts";

/** Documents that one training query meets, with a teacher's scores if there. */
export interface Tuple {
  /** Query id. */
  readonly query: string;
  /** Document ids, the positive first. */
  readonly documents: readonly string[];
  /** The teacher's score of each document, in any unit; absent where none. */
  readonly scores?: readonly number[];
}

/** A text that must stay beside whatever is made from the data. */
export interface Licence {
  /** What it covers, such as a package and its version. */
  readonly origin: string;
  /** The text, complete. */
  readonly text: string;
}

/** Queries, documents and judgements, ready to train on and to measure with. */
export interface Dataset {
  /** Short name, for tables and files. */
  readonly name: string;
  /** Query texts by id, of all splits. */
  readonly queries: ReadonlyMap<string, string>;
  /** Document texts by id, title first. */
  readonly documents: ReadonlyMap<string, string>;
  /** Judgements by split: `train`, `dev`, `test`, or a split's own name. */
  readonly qrels: Readonly<Record<string, Qrels | undefined>>;
  /** Ids of the documents that a split searches; a split not named searches all. */
  readonly pools?: Readonly<Record<string, readonly string[] | undefined>>;
  /** Hard negatives by training query id, hardest first. */
  readonly negatives?: ReadonlyMap<string, readonly string[]>;
  /** Training tuples, with a teacher's scores where the data has them. */
  readonly tuples?: readonly Tuple[];
  /** Texts to keep beside what is derived. */
  readonly licences?: readonly Licence[];
}

/**
 * The judgements of a split.
 *
 * @param dataset Where to look.
 * @param split Name of the split.
 * @returns Grades by query and document id.
 * @throws {RangeError} If the dataset has no such split; the error lists those it has.
 *
 * @example Usage
 * ```ts
 * import { splitOf } from "#lib/mod.ts";
 * import { assertThrows } from "@std/assert";
 *
 * const empty = { name: "a", queries: new Map(), documents: new Map(), qrels: {} };
 * assertThrows(() => splitOf(empty, "dev"), RangeError, 'got "dev"');
 * ```
 */
export function splitOf(dataset: Dataset, split: string): Qrels {
  const qrels = Object.hasOwn(dataset.qrels, split)
    ? dataset.qrels[split]
    : undefined;
  if (qrels !== undefined) return qrels;
  const known = Object.keys(dataset.qrels).filter((name) =>
    dataset.qrels[name] !== undefined
  );
  throw new RangeError(
    `Cannot use a split of ${dataset.name}: expected one of ${
      known.length > 0 ? known.join(", ") : "none"
    }, got ${JSON.stringify(split)}`,
  );
}

/**
 * The documents that a split searches.
 *
 * @param dataset Where to look.
 * @param split Name of the split.
 * @returns Texts by id, in the dataset's order of the pool; all documents where
 * the split has no pool of its own.
 *
 * @example Usage
 * ```ts
 * import { poolOf } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const dataset = {
 *   name: "a",
 *   queries: new Map(),
 *   documents: new Map([["1", "one"], ["2", "two"]]),
 *   qrels: {},
 *   pools: { test: ["2"] },
 * };
 * assertEquals([...poolOf(dataset, "test")], [["2", "two"]]);
 * assertEquals(poolOf(dataset, "train").size, 2);
 * ```
 */
export function poolOf(
  dataset: Dataset,
  split: string,
): ReadonlyMap<string, string> {
  const ids = dataset.pools?.[split];
  if (ids === undefined) return dataset.documents;
  return new Map(ids.map((id) => [id, dataset.documents.get(id)!]));
}
