import { assertEquals, assertThrows } from "@std/assert";
import { packPairs } from "#lib/text/pair_form.ts";
import { sharedPath } from "#tests/support/shared.ts";
import { bertTokenizer } from "#lib/text/bert_tokenizer.ts";
import fixture from "#tests/fixtures/text/bert_tokenizer.json" with {
  type: "json",
};
import { letters, smallBert } from "./small_tokenizer.ts";

/** Tokens left of sides of these lengths. */
function left(first: number, second: number, length: number): [number, number] {
  const [a, b] = [
    Array(first).fill("a").join(" "),
    Array(second).fill("b").join(" "),
  ];
  const ids = [...packPairs([[a, b]], smallBert(), { length }).ids];
  return [
    ids.filter((id) => id === 7).length,
    ids.filter((id) => id === 8).length,
  ];
}

Deno.test("packPairs() joins two texts with segments 0 and 1", () => {
  const packed = packPairs([["a b", "c"], ["c", "a"]], smallBert(), {
    length: 99,
  });
  assertEquals([...packed.ids], [2, 7, 8, 3, 9, 3, 2, 9, 3, 7, 3]);
  assertEquals([...packed.segment], [0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1]);
  assertEquals([...packed.offsets], [0, 6, 11]);
});

Deno.test("packPairs() joins two texts as RoBERTa does, with two separators and one segment", () => {
  const form = { length: 99, separators: 2, segments: false } as const;
  const packed = packPairs([["a b", "c"]], smallBert(), form);
  assertEquals([...packed.ids], [2, 7, 8, 3, 3, 9, 3]);
  assertEquals([...packed.segment], [0, 0, 0, 0, 0, 0, 0]);
  const short = packPairs([["a b", "c"]], smallBert(), { ...form, length: 6 });
  assertEquals([...short.ids], [2, 7, 3, 3, 9, 3]);
});

Deno.test("packPairs() equals the Rust library's pair", () => {
  const path = sharedPath("models/minilm-l6/tokenizer.json");
  if (path === undefined) return;
  const tokenizer = bertTokenizer(JSON.parse(Deno.readTextFileSync(path)));
  const pair = [
    "what is late interaction?",
    "A score of token vectors.",
  ] as const;
  const packed = packPairs([pair], tokenizer, { length: 512 });
  assertEquals([...packed.ids], fixture.pair.ids);
  assertEquals([...packed.segment], fixture.pair.segment);
});

Deno.test("packPairs() takes from the longer side first, then from both", () => {
  assertEquals(left(2, 9, 10), [2, 5]);
  assertEquals(left(9, 2, 10), [5, 2]);
  // Values of the Rust library, through transformers' BertTokenizerFast.
  assertEquals(left(9, 9, 10), [3, 4]);
  assertEquals(left(9, 8, 10), [4, 3]);
  assertEquals(left(8, 9, 10), [3, 4]);
  assertEquals(left(9, 8, 9), [3, 3]);
  assertEquals(left(1, 1, 5), [1, 1]);
});

Deno.test("packPairs() refuses empty sides, no room, and a vocabulary without [SEP]", () => {
  const cases: [() => unknown, string][] = [
    [
      () => packPairs([["a", "b"], ["a", " "]], smallBert(), { length: 9 }),
      'Cannot encode pair 1: expected texts with at least one token, got " "',
    ],
    [
      () => packPairs([["a", "b"]], smallBert(), { length: 4 }),
      "Cannot encode pairs: expected a length of at least 5 tokens, got 4",
    ],
    [
      () => packPairs([["a", "b"]], letters(), { length: 9 }),
      "Cannot encode pairs: expected a vocabulary with [CLS] and [SEP], got none",
    ],
  ];
  for (const [run, message] of cases) assertThrows(run, RangeError, message);
});
