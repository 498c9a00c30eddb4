import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import { evaluate } from "#lib/eval/evaluate.ts";
import type { JudgedRanking } from "#lib/eval/judged_ranking.ts";
import { measureNamed } from "#lib/eval/measure.ts";
import { measureValue } from "#lib/eval/measure_value.ts";
import { parseQrels } from "#lib/eval/parse_qrels.ts";
import { parseRun } from "#lib/eval/parse_run.ts";
import { tieBounds } from "#lib/eval/tie_bounds.ts";
import { tieRange } from "#lib/eval/tie_range.ts";
import { sharedPath } from "#tests/support/shared.ts";

const NAMES =
  ("ndcg ndcg_cut_1 ndcg_cut_2 ndcg_cut_3 ndcg_cut_10 map map_cut_1 map_cut_3 " +
    "recip_rank recip_rank_cut_2 recall_1 recall_2 recall_4 recall_9 P_1 P_2 P_3 P_8 " +
    "success_1 success_2 success_3 success_9").split(" ");

/** A ranking with its scores, and judged documents that were not retrieved. */
interface Case {
  readonly scores: readonly number[];
  readonly judged: JudgedRanking;
}

const anyCase: fc.Arbitrary<Case> = fc.record({
  documents: fc.array(
    fc.record({
      score: fc.integer({ min: 1, max: 3 }),
      grade: fc.integer({ min: -1, max: 3 }),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  missed: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 2 }),
  level: fc.integer({ min: 1, max: 2 }),
}).map(({ documents, missed, level }) => {
  const ranked = documents.toSorted((a, b) => b.score - a.score);
  const grades = Int32Array.from(ranked, ({ grade }) => grade);
  const all = Int32Array.from([...grades, ...missed]);
  return {
    scores: ranked.map(({ score }) => score),
    judged: {
      grades,
      level,
      ideal: all.filter((grade) => grade > 0).sort().reverse(),
      relevant: all.filter((grade) => grade >= level).length,
    },
  };
});

/** Every order of some places. */
function permutations(places: readonly number[]): number[][] {
  if (places.length === 0) return [[]];
  return places.flatMap((place) =>
    permutations(places.filter((other) => other !== place))
      .map((rest) => [place, ...rest])
  );
}

/** Every ranking that the scores allow, as places. */
function allowed(scores: readonly number[]): number[][] {
  return [...new Set(scores)].reduce<number[][]>((before, score) => {
    const places = scores.flatMap((other, place) =>
      other === score ? [place] : []
    );
    return before.flatMap((start) =>
      permutations(places).map((end) => [...start, ...end])
    );
  }, [[]]);
}

Deno.test("tieBounds() equals the enumeration of all orders for any small ranking", () => {
  fc.assert(
    fc.property(anyCase, ({ scores, judged }) => {
      const orders = allowed(scores);
      for (const name of NAMES) {
        const measure = measureNamed(name);
        const values = orders.map((order) => {
          const grades = Int32Array.from(order, (at) => judged.grades[at]!);
          return measureValue(measure, { ...judged, grades });
        });
        const found = tieBounds(measure, judged, scores);
        const mean = values.reduce((a, b) => a + b) / values.length;
        assertAlmostEquals(found.lowest, Math.min(...values), 1e-12, name);
        assertAlmostEquals(found.highest, Math.max(...values), 1e-12, name);
        assertAlmostEquals(found.expected, mean, 1e-12, name);
      }
    }),
    { seed: 20261121, numRuns: 250 },
  );
});

Deno.test("tieBounds() gives 1/2 (1 + 1/2) for a relevant document tied with one other", () => {
  const judged = {
    grades: Int32Array.of(-1, 1),
    ideal: Int32Array.of(1),
    relevant: 1,
    level: 1,
  };
  assertEquals(tieBounds(measureNamed("map"), judged, [5, 5]), {
    lowest: 1 / 2,
    highest: 1,
    expected: 3 / 4,
  });
  assertEquals(tieBounds(measureNamed("map"), judged, [5, 4]), {
    lowest: 1 / 2,
    highest: 1 / 2,
    expected: 1 / 2,
  });
});

Deno.test("tieBounds() needs no enumeration when a thousand documents are tied", () => {
  const grades = new Int32Array(1000).fill(0);
  grades.fill(1, 0, 10);
  const judged = {
    grades,
    ideal: new Int32Array(10).fill(1),
    relevant: 10,
    level: 1,
  };
  const scores = new Float32Array(1000).fill(1);
  const success = tieBounds(measureNamed("success_10"), judged, scores);
  let none = 1;
  for (let i = 0; i < 10; i++) none *= (990 - i) / (1000 - i);
  assertAlmostEquals(success.expected, 1 - none, 1e-12);
  const precision = tieBounds(measureNamed("P_10"), judged, scores);
  assertAlmostEquals(precision.expected, 10 / 1000, 1e-12);
});

const tied = new Map([
  ["q1", new Map([["a", 1], ["b", 1], ["c", 0]])],
  ["q2", new Map([["a", 3], ["b", 2], ["c", 1]])],
]);
const qrels = new Map([
  ["q1", new Map([["a", 1]])],
  ["q2", new Map([["b", 1]])],
  ["q3", new Map([["b", 1]])],
]);

Deno.test("tieRange() counts the queries with ties and those that ties move", () => {
  const found = tieRange(tied, qrels, { measures: ["P_1", "recall_2"] });
  assertEquals(found.tied, 1 / 2);
  assertEquals(found.moved, { P_1: 1 / 2, recall_2: 0 });
  assertEquals(found.mean.P_1, { lowest: 0, highest: 1 / 2, expected: 1 / 4 });
  assertEquals(found.queries, 2);
  const complete = tieRange(tied, qrels, { measures: ["P_1"], complete: true });
  assertEquals([complete.queries, complete.tied], [3, 1 / 3]);
});

Deno.test("tieRange() takes scores that differ below 32 bits as tied", () => {
  const run = new Map([["q1", new Map([["a", 1], ["b", 1 + 2 ** -26]])]]);
  assertEquals(tieRange(run, qrels).tied, 1);
  const apart = new Map([["q1", new Map([["a", 1], ["b", 1 + 2 ** -23]])]]);
  assertEquals(tieRange(apart, qrels).tied, 0);
});

Deno.test("tieRange() refuses what evaluate() refuses", () => {
  assertThrows(
    () => tieRange(tied, qrels, { measures: ["ndgc_cut_10"] }),
    RangeError,
    "did you mean ndcg_cut_10?",
  );
  assertThrows(() => tieRange(new Map(), qrels), RangeError, "Cannot evaluate");
});

Deno.test("tieRange() holds trec_eval's value between its ends on a real run full of ties", async () => {
  const folder = sharedPath("datasets/jqara-runs");
  if (folder === undefined) return;
  const text = async (path: string) => {
    const { readable } = await Deno.open(path);
    return await new Response(
      readable.pipeThrough(new DecompressionStream("gzip")),
    ).text();
  };
  const run = parseRun(await text(`${folder}/JaColBERTv2.5.trec.gz`), "run");
  const real = parseQrels(await text(`${folder}/qrels.trec.gz`), "qrels");
  const options = { measures: ["ndcg_cut_10", "recip_rank", "map"] };
  const [range, point] = [
    tieRange(run, real, options),
    evaluate(run, real, options),
  ];
  assert(range.tied > 0.5, `most queries have ties, got ${range.tied}`);
  for (const name of options.measures) {
    const { lowest, highest, expected } = range.mean[name]!;
    assert(lowest < expected && expected < highest);
    for (const [query, value] of point.perQuery[name]!) {
      const bounds = range.perQuery[name]!.get(query)!;
      assert(bounds.lowest <= value && value <= bounds.highest);
    }
  }
});
