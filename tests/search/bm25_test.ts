import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { evaluate } from "#lib/eval/evaluate.ts";
import { parseQrels } from "#lib/eval/parse_qrels.ts";
import { whitespaceTokens } from "#lib/search/analyzer.ts";
import { bm25 } from "#lib/search/bm25.ts";
import type { Bm25Formula } from "#lib/search/bm25_index.ts";
import fixture from "#tests/fixtures/search/bm25.json" with { type: "json" };
import { sharedPath } from "#tests/support/shared.ts";

const tokens = whitespaceTokens;
const documents = new Map(
  fixture.documents.map((text, i) => [`d${i}`, text]),
);

for (const { formula, k1, b, scores } of fixture.cases) {
  Deno.test(`bm25() equals bm25s to 1e-6 when the formula is ${formula}, k1 ${k1}, b ${b}`, () => {
    const options = { formula: formula as Bm25Formula, k1, b, tokens };
    const index = bm25(documents, options);
    fixture.queries.forEach((query, row) =>
      index.scores(query).forEach((score, place) =>
        assertAlmostEquals(score, scores[row]![place]!, 1e-6)
      )
    );
  });
}

/** The lines of a gzipped file of JSON lines. */
async function jsonLines(path: string): Promise<Record<string, string>[]> {
  const { readable } = await Deno.open(path);
  const text = await new Response(
    readable.pipeThrough(new DecompressionStream("gzip")),
  ).text();
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

Deno.test("bm25() equals bm25s to 1e-6 when the documents are those of SciFact", async () => {
  const folder = sharedPath("datasets/scifact");
  if (folder === undefined) return;
  const corpus = await jsonLines(`${folder}/corpus.jsonl.gz`);
  const queries = await jsonLines(`${folder}/queries.jsonl.gz`);
  const texts = new Map(queries.map(({ _id, text }) => [_id!, text!]));
  const index = bm25(
    new Map(corpus.map(({ _id, title, text }) => [_id!, `${title} ${text}`])),
    { tokens: (text) => text.toLowerCase().match(/[a-z0-9]+/g) ?? [] },
  );
  assertEquals(index.ids.length, 5183);
  for (const { query, sum, best } of fixture.scifact) {
    const text = texts.get(query)!;
    const total = index.scores(text).reduce((all, score) => all + score, 0);
    assertAlmostEquals(total, sum, 1e-6 * sum);
    const found = index.search(text, 20);
    const expected = Object.entries(best).sort(([, a], [, b]) => b - a);
    found.forEach(([id, score], rank) => {
      assertAlmostEquals(score, expected[rank]![1], 1e-6);
      const same = (best as Record<string, number | undefined>)[id];
      if (same !== undefined) assertAlmostEquals(score, same, 1e-6);
    });
  }
});

Deno.test("bm25() comes within 0.002 of Anserini's published nDCG@10 of 0.6789 on SciFact", async () => {
  const folder = sharedPath("datasets/scifact");
  if (folder === undefined) return;
  const corpus = await jsonLines(`${folder}/corpus.jsonl.gz`);
  const queries = await jsonLines(`${folder}/queries.jsonl.gz`);
  const texts = new Map(queries.map(({ _id, text }) => [_id!, text!]));
  const judgements = await Deno.readTextFile(`${folder}/qrels/test.tsv`);
  const qrels = parseQrels(judgements, "test.tsv");
  const index = bm25(
    new Map(corpus.map(({ _id, title, text }) => [_id!, `${title} ${text}`])),
    { k1: 0.9, b: 0.4 },
  );
  const run = new Map(
    [...qrels.keys()].map((query) =>
      [query, new Map(index.search(texts.get(query)!, 100))] as const
    ),
  );
  const { mean } = evaluate(run, qrels, { measures: ["ndcg_cut_10"] });
  assertAlmostEquals(mean.ndcg_cut_10!, 0.6789, 0.002);
});

Deno.test("bm25() gives the score worked by hand for two documents", () => {
  const index = bm25(new Map([["a", "x x y"], ["b", "y"]]), { tokens });
  const idf = Math.log(1 + (2 - 1 + 0.5) / (1 + 0.5));
  const tf = 2 / (2 + 1.2 * (1 - 0.75 + 0.75 * 3 / 2));
  assertAlmostEquals(index.scores("x")[0]!, idf * tf, 1e-15);
  assertEquals(index.scores("x")[1], 0);
});

Deno.test("bm25() counts a repeated query token as often as it stands there", () => {
  const index = bm25(documents, { tokens });
  const [once, thrice] = [index.scores("w3"), index.scores("w3 w3 w3")];
  once.forEach((score, place) =>
    assertAlmostEquals(thrice[place]!, 3 * score, 1e-12)
  );
});

Deno.test("search() gives the first k of a full sort, whatever k", () => {
  const index = bm25(documents, { tokens });
  for (const query of fixture.queries) {
    const all = index.search(query, 1000);
    const scores = index.scores(query);
    assertEquals(all.length, scores.filter((score) => score > 0).length);
    all.forEach(([id, score], rank) => {
      assertEquals(score, scores[index.ids.indexOf(id)]);
      if (rank > 0) {
        assert(Math.fround(all[rank - 1]![1]) >= Math.fround(score));
      }
    });
    for (const k of [1, 2, 3, 7, 20]) {
      assertEquals(index.search(query, k), all.slice(0, k));
    }
  }
});

Deno.test("search() puts the last id first among equal scores, in byte order", () => {
  const ids = ["d10", "d9", "d1", "\u{1F600}", "Ａ", "東"];
  const index = bm25(new Map(ids.map((id) => [id, "same"])), { tokens });
  const found = index.search("same", 10).map(([id]) => id);
  assertEquals(found, ["\u{1F600}", "Ａ", "東", "d9", "d10", "d1"]);
  assertEquals(index.search("same", 2).map(([id]) => id), found.slice(0, 2));
});

Deno.test("search() finds nothing when a query shares no token or has none", () => {
  const index = bm25(documents, { tokens });
  assertEquals(index.search("nowhere", 10), []);
  assertEquals(index.search("", 10), []);
  assertEquals(index.search("__proto__ constructor", 10), []);
});

Deno.test("search() finds documents whose terms weigh nothing when robertson's idf is 0", () => {
  const options = { tokens, formula: "robertson" } as const;
  const index = bm25(new Map([["a", "x"], ["b", "x"], ["c", "y"]]), options);
  assertEquals(index.search("x", 5), [["b", 0], ["a", 0]]);
});

Deno.test("bm25() never finds a text without tokens, and survives only such texts", () => {
  const some = bm25(new Map([["a", ""], ["b", "x"]]), { tokens });
  assertEquals(some.search("x", 5).map(([id]) => id), ["b"]);
  const none = bm25(new Map([["a", ""], ["b", " "]]), { tokens });
  assertEquals(none.search("x", 5), []);
  assertEquals([...none.scores("x")], [0, 0]);
});

Deno.test("bm25() does not depend on the order of documents", () => {
  const turned = new Map([...documents].reverse());
  const [one, other] = [bm25(documents, { tokens }), bm25(turned, { tokens })];
  for (const query of fixture.queries) {
    const [a, b] = [one.search(query, 50), other.search(query, 50)];
    assertEquals(b.map(([id]) => id), a.map(([id]) => id));
  }
});

Deno.test("bm25() stays finite when a term repeats a hundred thousand times", () => {
  const long = "x ".repeat(100_000);
  const index = bm25(new Map([["a", long], ["b", "x"]]), { tokens });
  for (const score of index.scores("x")) assert(score > 0 && score < 1);
});

Deno.test("bm25() refuses what it cannot index, by class and text", () => {
  const one = new Map([["a", "x"]]);
  assertThrows(
    () => bm25(new Map()),
    RangeError,
    "Cannot index for BM25: expected at least one document, got 0",
  );
  assertThrows(() => bm25(one, { k1: -1 }), RangeError, "k1 of 0 or more");
  assertThrows(() => bm25(one, { k1: NaN }), RangeError, "got NaN");
  assertThrows(() => bm25(one, { b: 1.1 }), RangeError, "b from 0 to 1");
  for (const k of [0, -1, 1.5, NaN]) {
    assertThrows(
      () => bm25(one).search("x", k),
      RangeError,
      `a whole number of results of at least 1, got ${k}`,
    );
  }
});
