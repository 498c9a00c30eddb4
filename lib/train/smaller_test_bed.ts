import { stream } from "../num/stream.ts";
import type { Prepared } from "./prepare.ts";

/** How much of a test to keep. */
export interface SmallerTestOptions {
  /** Queries kept, at least 1; all where there are fewer. */
  readonly queries: number;
  /** Documents kept, besides those that kept queries are judged on. */
  readonly documents: number;
}

/**
 * Shrinks what a training is measured on, for a quick look: fewer queries, and
 * fewer documents to find them among.
 *
 * Every system of the run is measured on the same smaller test. Its figures are
 * higher than those of the whole test, because there are fewer documents to be
 * mistaken for the right one, and cannot be compared with them. What is trained
 * on stays.
 *
 * Random: stream `smaller test` of seed 0, so that every run has the same test.
 *
 * @param prepared A training.
 * @param options How much to keep.
 * @returns The same training with the smaller test.
 * @throws {RangeError} If a number is below 1.
 *
 * @example Usage
 * ```ts
 * import { prepareTraining, smallerTest } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const whole = await prepareTraining({ engine: "reference", steps: 1 });
 * const { test } = smallerTest(whole, { queries: 20, documents: 100 });
 * assertEquals(test.queries.size, 20);
 * ```
 */
export function smallerTest(
  prepared: Prepared,
  { queries, documents }: SmallerTestOptions,
): Prepared {
  checkAtLeastOne({ queries, documents });
  const { dataset, sources, test } = prepared;
  const draw = stream(0, "smaller test");
  const asked = new Set(drawn([...test.queries.keys()], queries, draw));
  const qrels = new Map([...test.qrels].filter(([id]) => asked.has(id)));
  const judged = [...qrels.values()].flatMap((grades) => [...grades.keys()]);
  const pool = new Set([
    ...judged,
    ...drawn([...test.documents.keys()], documents, draw),
  ]);
  const kept = new Map([...test.documents].filter(([id]) => pool.has(id)));
  const smaller = {
    ...dataset,
    qrels: { ...dataset.qrels, [test.split]: qrels },
    pools: { ...dataset.pools, [test.split]: [...kept.keys()] },
  };
  return {
    ...prepared,
    dataset: smaller,
    sources: sources.map((source) => source === dataset ? smaller : source),
    test: {
      split: test.split,
      queries: new Map([...test.queries].filter(([id]) => asked.has(id))),
      documents: kept,
      qrels,
    },
  };
}

function drawn(
  ids: readonly string[],
  count: number,
  draw: ReturnType<typeof stream>,
): readonly string[] {
  return count >= ids.length ? ids : draw.sample(ids, count);
}

function checkAtLeastOne(counts: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(counts)) {
    if (value >= 1) continue;
    throw new RangeError(
      `Cannot shrink the test: expected at least 1 of ${name}, got ${value}`,
    );
  }
}
