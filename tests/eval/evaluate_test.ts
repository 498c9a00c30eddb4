import { assertEquals, assertThrows } from "@std/assert";
import { evaluate } from "#lib/eval/evaluate.ts";
import { measureNamed } from "#lib/eval/measure.ts";
import { compareIds, rankDocuments } from "#lib/eval/rank_documents.ts";

const run = new Map([
  ["q1", new Map([["a", 5], ["b", 4], ["c", 3], ["d", 2]])],
  ["q2", new Map([["a", 1]])],
  ["q9", new Map([["a", 1]])],
]);
const qrels = new Map([
  ["q1", new Map([["b", 2], ["d", 1], ["z", 1], ["a", 0]])],
  ["q2", new Map([["b", 1]])],
  ["q3", new Map([["a", 1]])],
]);

Deno.test("evaluate() gives the values worked by hand for four documents", () => {
  const measures =
    ("ndcg ndcg_cut_2 map map_cut_2 recip_rank recip_rank_cut_1 " +
      "recall_2 P_2 P_10 success_1 success_2").split(" ");
  const { perQuery } = evaluate(run, qrels, { measures });
  const log = Math.log2;
  const ideal = 2 + 1 / log(3) + 1 / log(4);
  const found = Object.fromEntries(
    measures.map((name) => [name, perQuery[name]!.get("q1")]),
  );
  assertEquals(found, {
    ndcg: (2 / log(3) + 1 / log(5)) / ideal,
    ndcg_cut_2: (2 / log(3)) / (2 + 1 / log(3)),
    map: (1 / 2 + 2 / 4) / 3,
    map_cut_2: (1 / 2) / 3,
    recip_rank: 1 / 2,
    recip_rank_cut_1: 0,
    recall_2: 1 / 3,
    P_2: 1 / 2,
    P_10: 2 / 10,
    success_1: 0,
    success_2: 1,
  });
});

Deno.test("evaluate() averages over judged and retrieved queries, or over all judged when complete", () => {
  const measures = ["recip_rank"];
  const some = evaluate(run, qrels, { measures });
  assertEquals([some.queries, some.mean.recip_rank], [2, 1 / 4]);
  const all = evaluate(run, qrels, { measures, complete: true });
  assertEquals([all.queries, all.mean.recip_rank], [3, 1 / 6]);
  assertEquals([...all.perQuery.recip_rank!.keys()], ["q1", "q2", "q3"]);
});

Deno.test("evaluate() counts only grades from the relevance level, and ndcg all grades", () => {
  const measures = ["recall_10", "ndcg", "recip_rank"];
  const one = evaluate(run, qrels, { measures });
  const two = evaluate(run, qrels, { measures, relevanceLevel: 2 });
  assertEquals(two.perQuery.recall_10!.get("q1"), 1);
  assertEquals(two.mean.ndcg, one.mean.ndcg);
  const high = evaluate(run, qrels, { measures, relevanceLevel: 3 });
  assertEquals([high.mean.recall_10, high.mean.recip_rank], [0, 0]);
});

Deno.test("evaluate() gives 0 when a query has nothing relevant or retrieves nothing", () => {
  const empty = new Map([["q", new Map<string, number>()]]);
  const measures = ["ndcg", "map", "recall_5", "P_5", "recip_rank"];
  const nothing = evaluate(empty, new Map([["q", new Map([["a", 1]])]]), {
    measures,
  });
  assertEquals(Object.values(nothing.mean), [0, 0, 0, 0, 0]);
  const irrelevant = evaluate(
    new Map([["q", new Map([["a", 1]])]]),
    new Map([["q", new Map([["a", 0], ["b", -1]])]]),
    { measures },
  );
  assertEquals(Object.values(irrelevant.mean), [0, 0, 0, 0, 0]);
});

Deno.test("evaluate() does not depend on the order of documents, queries or measures", () => {
  const turned = new Map(
    [...run].reverse().map((
      [query, scores],
    ) => [query, new Map([...scores].reverse())]),
  );
  const one = evaluate(run, qrels, { measures: ["ndcg", "P_1"] });
  const other = evaluate(turned, qrels, { measures: ["P_1", "ndcg"] });
  assertEquals(other.mean.ndcg, one.mean.ndcg);
  assertEquals(other.mean.P_1, one.mean.P_1);
});

Deno.test("rankDocuments() rounds to 32 bits and puts the last id first among equals", () => {
  const scores = new Map([["a", 1], ["b", 1 + 2 ** -25], ["c", 1 + 2 ** -20]]);
  assertEquals(rankDocuments(scores).documents, ["c", "b", "a"]);
  const zeros = new Map([["a", 0], ["b", -0], ["c", 1e-50]]);
  assertEquals(rankDocuments(zeros).documents, ["c", "b", "a"]);
});

Deno.test("compareIds() orders as UTF-8 bytes do for any two characters", () => {
  const encoder = new TextEncoder();
  const ids = ["", "a", "aa", "é", "東", "\ud7ff", "\ue000", "Ａ", "\uffff"]
    .concat(["\u{10000}", "\u{1F600}", "\u{10FFFF}", "a\u{1F600}", "aＡ"]);
  const bytes = (id: string) =>
    [...encoder.encode(id)].map((b) => b.toString(16).padStart(2, "0")).join();
  for (const a of ids) {
    for (const b of ids) {
      const expected = bytes(a) < bytes(b) ? -1 : bytes(a) > bytes(b) ? 1 : 0;
      assertEquals(Math.sign(compareIds(a, b)), expected);
    }
  }
});

Deno.test("rankDocuments() refuses scores that are not finite, naming query and document", () => {
  for (const score of [NaN, Infinity, -Infinity, 1e39]) {
    const scores = new Map([["a", 1], ["b", score]]);
    assertThrows(
      () => rankDocuments(scores, { query: "q7" }),
      RangeError,
      `of query "q7": expected scores that are finite as 32-bit floats, got ${score} for document "b"`,
    );
  }
});

Deno.test("measureNamed() reads every family at any depth, with line or dot", () => {
  assertEquals(measureNamed("ndcg"), {
    name: "ndcg",
    family: "ndcg",
    cut: Infinity,
  });
  assertEquals(measureNamed("map_cut.7"), {
    name: "map_cut_7",
    family: "map",
    cut: 7,
  });
  assertEquals(measureNamed("recip_rank_cut_10").family, "recip_rank");
});

Deno.test("measureNamed() names the nearest measure when there is none of a name", () => {
  const nearest = [
    ["ndgc_cut_10", "ndcg_cut_10"],
    ["ndcg@10", "ndcg_cut_10"],
    ["NDCG_CUT_5", "ndcg_cut_5"],
    ["recal_100", "recall_100"],
    ["recip_rnk", "recip_rank"],
    ["p_5", "P_5"],
    ["map_10", "map_cut_10"],
    ["ndcg_10", "ndcg_cut_10"],
    ["sucess_1", "success_1"],
  ] as const;
  for (const [wrong, right] of nearest) {
    assertThrows(
      () => measureNamed(wrong),
      RangeError,
      `did you mean ${right}?`,
    );
  }
  for (const wrong of ["", "xyzzy", "P", "recall", "P_0", "P_01", "P_-1"]) {
    assertThrows(() => measureNamed(wrong), RangeError, "Cannot measure");
  }
  assertThrows(() => measureNamed("constructor_5"), RangeError, "unknown name");
});

Deno.test("evaluate() refuses what it cannot measure, by class and text", () => {
  assertThrows(
    () => evaluate(run, new Map()),
    RangeError,
    "of the judgements: none",
  );
  assertThrows(
    () => evaluate(run, new Map([["x", new Map([["a", 1]])]])),
    RangeError,
    'got queries of the run: 3 (first "q1"), of the judgements: 1 (first "x")',
  );
  for (const relevanceLevel of [0, 1.5, NaN]) {
    assertThrows(
      () => evaluate(run, qrels, { relevanceLevel }),
      RangeError,
      `relevance level that is a whole number of at least 1, got ${relevanceLevel}`,
    );
  }
  assertThrows(
    () => evaluate(run, qrels, { measures: [] }),
    RangeError,
    "at least one measure",
  );
  assertThrows(
    () => evaluate(run, new Map([["q1", new Map([["a", 0.5]])]])),
    RangeError,
    'Cannot judge document "a": expected a whole grade of 32 bits, got 0.5',
  );
});
