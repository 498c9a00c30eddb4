import { assert, assertEquals, assertThrows } from "@std/assert";
import { compareRuns } from "#lib/eval/compare_runs.ts";
import { evaluate } from "#lib/eval/evaluate.ts";
import { pairedT } from "#lib/num/paired_t.ts";
import { stream } from "#lib/num/stream.ts";

const ids = Array.from({ length: 40 }, (_, i) => `q${i}`);
const documents = Array.from({ length: 20 }, (_, i) => `d${i}`);
const qrels = new Map(ids.map((id) => [id, new Map([["d3", 1], ["d7", 2]])]));

/** A run of random scores in which relevant documents are lifted. */
function randomRun(seed: number, lift: number) {
  const random = stream(seed, "run");
  return new Map(
    ids.map((id) => [
      id,
      new Map(documents.map((document) => {
        const relevant = document === "d3" || document === "d7";
        return [document, random.normal() + (relevant ? lift : 0)];
      })),
    ]),
  );
}

Deno.test("compareRuns() gives first minus second with the paired t test's p and interval", () => {
  const [first, second] = [randomRun(1, 2), randomRun(2, 0)];
  const measures = ["ndcg_cut_10", "recip_rank"];
  const found = compareRuns(first, second, { qrels, measures, draws: 1000 });
  const values = (
    run: typeof first,
  ) => [...evaluate(run, qrels, { measures }).perQuery.recip_rank!.values()];
  const t = pairedT(values(first), values(second));
  const { difference, p, interval, pRandomisation } = found.measures
    .recip_rank!;
  assertEquals([difference, p, interval], [t.difference, t.p, t.interval]);
  assertEquals(
    found.first.mean.recip_rank! > found.second.mean.recip_rank!,
    true,
  );
  assert(p < 0.001 && pRandomisation === 1 / 1001);
  assertEquals([found.queries, Object.keys(found.measures)], [40, measures]);
});

Deno.test("compareRuns() gives difference 0 and p 1 for a run and itself", () => {
  const run = randomRun(1, 1);
  const { measures } = compareRuns(run, run, { qrels, measures: ["map"] });
  assertEquals(measures.map, {
    difference: 0,
    interval: { low: 0, high: 0 },
    p: 1,
    pRandomisation: 1,
  });
});

Deno.test("compareRuns() moves no p of a measure when another measure is added", () => {
  const [first, second] = [randomRun(3, 0.3), randomRun(4, 0)];
  const options = { qrels, draws: 500 };
  const one = compareRuns(first, second, { ...options, measures: ["map"] });
  const two = compareRuns(first, second, {
    ...options,
    measures: ["P_5", "map"],
  });
  assertEquals(two.measures.map, one.measures.map);
});

Deno.test("compareRuns() pairs by query id when the runs are in different order", () => {
  const [first, second] = [randomRun(5, 1), randomRun(6, 0)];
  const turned = new Map([...second].reverse());
  const options = { qrels, measures: ["map"], draws: 100 };
  assertEquals(
    compareRuns(first, turned, options),
    compareRuns(first, second, options),
  );
});

Deno.test("compareRuns() refuses runs that answer different queries unless complete", () => {
  const [first, second] = [randomRun(7, 1), randomRun(8, 1)];
  second.delete("q5");
  assertThrows(
    () => compareRuns(first, second, { qrels }),
    RangeError,
    'got 1 that only one does (query "q5" only the first)',
  );
  assertThrows(
    () => compareRuns(second, first, { qrels }),
    RangeError,
    'query "q5" only the second',
  );
  const found = compareRuns(first, second, {
    qrels,
    complete: true,
    draws: 100,
  });
  assertEquals(found.queries, 40);
});

Deno.test("compareRuns() refuses a single query, which no test can use", () => {
  const run = new Map([["q1", new Map([["d3", 1]])]]);
  assertThrows(
    () => compareRuns(run, run, { qrels }),
    RangeError,
    "Cannot compare runs: expected at least two queries that are retrieved and judged, got 1",
  );
});
