import { assertAlmostEquals, assertEquals, assertGreater } from "@std/assert";
import type { Run } from "#lib/eval/run.ts";
import { outcomeOf } from "#lib/train/outcome.ts";

/** A run that ranks, for every query, these documents. */
function runOf(rankings: Record<string, string[]>): Run {
  return new Map(
    Object.entries(rankings).map(([query, ids]) => [
      query,
      new Map(ids.map((id, place) => [id, 10 - place])),
    ]),
  );
}

const qrels = new Map(
  ["q1", "q2", "q3"].map((id) => [id, new Map([["r", 1]])]),
);
const runs = {
  bm25: runOf({ q1: ["x", "r"], q2: ["x"] }), // q3 is not answered
  untrained: runOf({ q1: ["x", "y", "r"], q2: ["r"], q3: ["x"] }),
  after: runOf({ q1: ["r"], q2: ["r"], q3: ["x", "r"] }),
};
/** Gain of the one relevant document at a rank. */
const at = (rank: number) => 1 / Math.log2(rank + 1);

Deno.test("outcomeOf() measures the three runs, an unanswered query as 0", () => {
  const { evaluations, queries } = outcomeOf(runs, qrels);
  assertEquals(queries, 3);
  const means = (name: keyof typeof runs) => evaluations[name].mean;
  assertAlmostEquals(means("bm25")["ndcg_cut_10"]!, at(2) / 3, 1e-12);
  assertAlmostEquals(
    means("untrained")["ndcg_cut_10"]!,
    (at(3) + 1) / 3,
    1e-12,
  );
  assertAlmostEquals(
    means("after")["ndcg_cut_10"]!,
    (1 + 1 + at(2)) / 3,
    1e-12,
  );
  assertAlmostEquals(means("after")["recip_rank"]!, (1 + 1 + 1 / 2) / 3, 1e-12);
  assertAlmostEquals(means("bm25")["recall_100"]!, 1 / 3, 1e-12);
  assertAlmostEquals(means("after")["success_1"]!, 2 / 3, 1e-12);
});

Deno.test("outcomeOf() tests trained minus baseline, query by query", () => {
  const { tests } = outcomeOf(runs, qrels);
  const differences = [1 - at(2), 1 - 0, at(2) - 0];
  const mean = differences.reduce((a, b) => a + b) / 3;
  const variance = differences.reduce((sum, d) => sum + (d - mean) ** 2, 0) / 2;
  assertAlmostEquals(tests.bm25.difference, mean, 1e-12);
  assertAlmostEquals(tests.bm25.t, mean / Math.sqrt(variance / 3), 1e-9);
  assertEquals(tests.bm25.count, 3);
  assertGreater(tests.bm25.p, 0);
  const others = [1 - at(3), 0, at(2)];
  assertAlmostEquals(
    tests.untrained.difference,
    others.reduce((a, b) => a + b) / 3,
    1e-12,
  );
});
