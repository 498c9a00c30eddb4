import type { Dataset } from "../../dataset/dataset.ts";
import { splitOf } from "../../dataset/dataset.ts";
import { stream } from "../../num/stream.ts";

/** The texts of one step, the same for every system that is timed. */
export interface BenchBatch {
  /** `[queries]`. */
  readonly queries: readonly string[];
  /** `[queries][ways]`, the relevant document first. */
  readonly documents: readonly (readonly string[])[];
  /** Made-up teacher scores, `[queries][ways]`: time does not depend on them. */
  readonly scores: readonly (readonly number[])[];
}

/** Settings of {@link benchBatch}. */
export interface BenchBatchOptions {
  /** The split whose queries and judgements are used. */
  readonly split: string;
  /** Queries. */
  readonly queries: number;
  /** Documents a query. */
  readonly ways: number;
  /** Seed of the other documents and the scores. Default 1. */
  readonly seed?: number;
  /**
   * Draws the other documents evenly over the collection's lengths, from its
   * shortest to its longest, instead of as they come. Default `false`.
   */
  readonly mixed?: boolean;
}

/**
 * Chooses the texts of a benchmark's step: the split's first queries, each with
 * its first relevant document and documents drawn from the collection.
 *
 * Random: streams `bench/documents` and `bench/scores`.
 *
 * @param dataset Where the texts are.
 * @param options How many of each.
 * @returns The texts.
 * @throws {RangeError} If the split has too few queries, or the collection too few documents.
 *
 * @example Usage
 * ```ts
 * import { benchBatch } from "#lib/cli/bench/batch.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const dataset = {
 *   name: "tiny",
 *   queries: new Map([["q", "who"]]),
 *   documents: new Map([["a", "he"], ["b", "she"]]),
 *   qrels: { train: new Map([["q", new Map([["b", 1]])]]) },
 * };
 * const { documents } = benchBatch(dataset, { split: "train", queries: 1, ways: 2 });
 * assertEquals(documents, [["she", "he"]]);
 * ```
 */
export function benchBatch(
  dataset: Dataset,
  { split, queries, ways, seed = 1, mixed = false }: BenchBatchOptions,
): BenchBatch {
  const pairs = firstPairs(dataset, split, queries);
  const others = drawOthers(dataset, {
    relevant: new Set(pairs.map(({ positive }) => positive)),
    count: queries * (ways - 1),
    seed,
    mixed,
  });
  const random = stream(seed, "bench/scores");
  return {
    queries: pairs.map(({ query }) => dataset.queries.get(query)!),
    documents: pairs.map(({ positive }, i) =>
      [positive, ...others.slice(i * (ways - 1), (i + 1) * (ways - 1))]
        .map((id) => dataset.documents.get(id)!)
    ),
    scores: pairs.map(() =>
      Array.from({ length: ways }, () => 10 * random.next())
    ),
  };
}

/** Settings of {@link benchTexts}. */
export interface BenchTextsOptions {
  /** Documents. */
  readonly count: number;
  /** Seed of the draws. Default 1. */
  readonly seed?: number;
  /**
   * Cuts each text after a number of words drawn evenly from 1 to so many, so that
   * lengths mix also where a collection has long texts only. Absent: texts stay whole.
   */
  readonly words?: number | undefined;
}

/**
 * Draws documents evenly over a collection's lengths, in no order of length.
 *
 * Random: streams `bench/documents` and `bench/words`.
 *
 * @param dataset Where the texts are.
 * @param options How many, and whether they are cut.
 * @returns The texts.
 * @throws {RangeError} If the collection has too few documents.
 */
export function benchTexts(
  dataset: Dataset,
  { count, seed = 1, words }: BenchTextsOptions,
): string[] {
  const drawn = { relevant: new Set<string>(), count, seed, mixed: true };
  const texts = drawOthers(dataset, drawn)
    .map((id) => dataset.documents.get(id)!);
  if (words === undefined) return texts;
  const random = stream(seed, "bench/words");
  return texts.map((text) =>
    text.split(/\s+/).slice(0, 1 + random.integer(words)).join(" ")
  );
}

/** The first queries of a split, each with its first relevant document. */
function firstPairs(
  dataset: Dataset,
  split: string,
  count: number,
): { readonly query: string; readonly positive: string }[] {
  const pairs = [...splitOf(dataset, split)].flatMap(([query, judged]) => {
    const positive = [...judged].find(([, grade]) => grade > 0)?.[0];
    return positive === undefined ? [] : [{ query, positive }];
  }).slice(0, count);
  if (pairs.length === count) return pairs;
  throw new RangeError(
    `Cannot make a batch of ${dataset.name}: expected ${count} queries with a relevant document in split ${split}, got ${pairs.length}`,
  );
}

/** Draws documents that are not relevant, as they come or evenly over lengths. */
function drawOthers(
  dataset: Dataset,
  { relevant, count, seed, mixed }: {
    readonly relevant: ReadonlySet<string>;
    readonly count: number;
    readonly seed: number;
    readonly mixed: boolean;
  },
): string[] {
  const random = stream(seed, "bench/documents");
  const ids = [...dataset.documents.keys()].filter((id) => !relevant.has(id));
  if (ids.length < count) {
    throw new RangeError(
      `Cannot make a batch of ${dataset.name}: expected ${count} further documents, got ${ids.length}`,
    );
  }
  if (!mixed) return random.sample(ids, count);
  const length = (id: string) => dataset.documents.get(id)!.length;
  const sorted = ids.sort((a, b) => length(a) - length(b));
  const spread = Array.from(
    { length: count },
    (_, i) => sorted[Math.floor((i + 0.5) * sorted.length / count)]!,
  );
  return random.shuffle(spread);
}
