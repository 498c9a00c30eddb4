import { assertEquals, assertThrows } from "@std/assert";
import { benchBatch, benchTexts } from "#lib/cli/bench/batch.ts";
import type { Dataset } from "#lib/dataset/dataset.ts";

const IDS = Array.from({ length: 20 }, (_, i) => `d${i}`);

/** Twenty documents of 1 to 20 letters; two of three queries have a relevant one. */
const DATASET: Dataset = {
  name: "letters",
  queries: new Map([["p", "first"], ["q", "second"], ["r", "third"]]),
  documents: new Map(IDS.map((id, i) => [id, "x".repeat(i + 1)])),
  qrels: {
    train: new Map([
      ["p", new Map([["d3", 0], ["d4", 1]])],
      ["q", new Map([["d5", 0]])],
      ["r", new Map([["d6", 2]])],
    ]),
  },
};

Deno.test("benchBatch() puts each query's first relevant document first", () => {
  const { queries, documents } = benchBatch(DATASET, {
    split: "train",
    queries: 2,
    ways: 3,
  });
  assertEquals(queries, ["first", "third"]);
  assertEquals(documents.map(([positive]) => positive!.length), [5, 7]);
});

Deno.test("benchBatch() draws other documents once each when they come as they are", () => {
  const { documents, scores } = benchBatch(DATASET, {
    split: "train",
    queries: 2,
    ways: 10,
  });
  assertEquals(new Set(documents.flat()).size, 20);
  assertEquals(scores.map((row) => row.length), [10, 10]);
});

Deno.test("benchBatch() gives the same texts when the seed is the same", () => {
  const options = { split: "train", queries: 2, ways: 3, seed: 5 };
  assertEquals(benchBatch(DATASET, options), benchBatch(DATASET, options));
});

Deno.test("benchBatch() spreads over all lengths when mixed", () => {
  const { documents } = benchBatch(DATASET, {
    split: "train",
    queries: 2,
    ways: 4,
    mixed: true,
  });
  const lengths = documents.flatMap((row) => row.slice(1)).map((text) =>
    text.length
  ).sort((a, b) => a - b);
  assertEquals(lengths, [2, 6, 10, 13, 16, 19]);
});

Deno.test("benchBatch() refuses too few queries or documents", () => {
  assertThrows(
    () => benchBatch(DATASET, { split: "train", queries: 3, ways: 2 }),
    RangeError,
    "Cannot make a batch of letters: expected 3 queries with a relevant document in split train, got 2",
  );
  assertThrows(
    () => benchBatch(DATASET, { split: "train", queries: 2, ways: 11 }),
    RangeError,
    "expected 20 further documents, got 18",
  );
});

Deno.test("benchTexts() draws evenly over all lengths, not in their order, the same for a seed", () => {
  const lengths = benchTexts(DATASET, { count: 5 }).map((text) => text.length);
  assertEquals(lengths.toSorted((a, b) => a - b), [3, 7, 11, 15, 19]);
  assertEquals(
    benchTexts(DATASET, { count: 5, seed: 1 }).map((text) => text.length),
    lengths,
  );
  assertThrows(() => benchTexts(DATASET, { count: 21 }), RangeError, "got 20");
});

Deno.test("benchTexts() cuts texts after a number of words drawn evenly, when asked", () => {
  const long = "one two three four five six seven eight";
  const documents = new Map(IDS.map((id) => [id, long]));
  const texts = benchTexts({ ...DATASET, documents }, { count: 20, words: 4 });
  const counts = texts.map((text) => text.split(" ").length);
  assertEquals(new Set(counts), new Set([1, 2, 3, 4]));
  assertEquals(texts.every((text) => long.startsWith(text)), true);
});
