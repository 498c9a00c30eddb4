import { assertEquals } from "@std/assert";
import type { Dataset } from "#lib/dataset/dataset.ts";
import { tokeniseBatch } from "#lib/train/tokenise_batch.ts";
import { smallBert } from "#tests/text/small_tokenizer.ts";

const dataset: Dataset = {
  name: "toy",
  queries: new Map([["q1", "a"], ["q2", "b"]]),
  documents: new Map([["d1", "a b c"], ["d2", "c"], ["d3", "b b"]]),
  qrels: {},
};
const model = {
  tokenizer: smallBert(),
  queryForm: { length: 5, expansion: "fixed", attendMask: false },
  documentForm: { length: 4 },
} as const;
const [CLS, SEP, MASK, A, B, C] = [2, 3, 4, 7, 8, 9];

const drawn = [
  { query: "q1", documents: ["d1", "d2"], positives: ["d1", "d3"] },
  { query: "q2", documents: ["d3", "d1"], positives: ["d3"] },
];

Deno.test("tokeniseBatch() packs queries and documents in the forms of the model", () => {
  const { queries, documents, ways } = tokeniseBatch(drawn, dataset, model);
  assertEquals(ways, 2);
  assertEquals([...queries.ids], [
    CLS,
    A,
    SEP,
    MASK,
    MASK,
    CLS,
    B,
    SEP,
    MASK,
    MASK,
  ]);
  assertEquals([...documents.offsets], [0, 4, 7, 11, 15]);
  assertEquals(
    [...documents.ids],
    [CLS, A, B, SEP, CLS, C, SEP, CLS, B, B, SEP, CLS, A, B, SEP],
  );
});

Deno.test("tokeniseBatch() marks documents that are relevant to another query of the batch", () => {
  const { excluded } = tokeniseBatch(drawn, dataset, model);
  // q1: d3 is known to be relevant and d1 stands in the batch a second time.
  assertEquals([...excluded], [0, 0, 1, 1, 0, 0, 0, 0]);
});

Deno.test("tokeniseBatch() brings teacher scores only where there are some", () => {
  assertEquals("teacher" in tokeniseBatch(drawn, dataset, model), false);
  const taught = drawn.map((example, i) => ({
    ...example,
    teacher: [i, i + 0.5],
  }));
  assertEquals(
    tokeniseBatch(taught, dataset, model).teacher,
    Float32Array.of(0, 0.5, 1, 1.5),
  );
});
