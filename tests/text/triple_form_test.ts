import { assertEquals, assertThrows } from "@std/assert";
import { packTriples, type TripleForm } from "#lib/text/triple_form.ts";
import { smallBert } from "./small_tokenizer.ts";

/** Tokens left of a query and two documents of these lengths. */
function left(sizes: readonly [number, number, number], form?: TripleForm) {
  const texts = ["a", "b", "c"].map((word, i) =>
    Array(sizes[i]).fill(word).join(" ")
  ) as [string, string, string];
  const { ids } = packTriples([texts], smallBert(), form);
  return [7, 8, 9].map((word) => ids.filter((id) => id === word).length);
}

Deno.test("packTriples() joins three texts with segments 0, 1 and 2", () => {
  const texts = [["a b", "c", "b"], ["c", "a", "a"]] as const;
  const packed = packTriples(texts, smallBert());
  assertEquals(
    [...packed.ids],
    [2, 7, 8, 3, 9, 3, 8, 3, 2, 9, 3, 7, 3, 7, 3],
  );
  assertEquals(
    [...packed.segment],
    [0, 0, 0, 0, 1, 1, 2, 2, 0, 0, 0, 1, 1, 2, 2],
  );
  assertEquals([...packed.offsets], [0, 8, 15]);
});

Deno.test("packTriples() joins with two separators and one segment for models of that kind", () => {
  const form = { separators: 2, segments: false } as const;
  const packed = packTriples([["a", "b", "c"]], smallBert(), form);
  assertEquals([...packed.ids], [2, 7, 3, 3, 8, 3, 3, 9, 3]);
  assertEquals([...packed.segment], Array(9).fill(0));
});

Deno.test("packTriples() cuts to 62, 223 and 223 tokens, 512 with the signs", () => {
  assertEquals(left([999, 999, 999]), [62, 223, 223]);
  assertEquals(62 + 223 + 223 + 4, 512);
  // The paper's rooms are fixed: a short text leaves nothing to the others.
  assertEquals(left([3, 999, 5]), [3, 223, 5]);
});

Deno.test("packTriples() gives documents what a short query leaves, by the code's rule", () => {
  const rooms = "code";
  assertEquals(left([999, 999, 999], { rooms }), [62, 223, 223]);
  // (512 - 5) / 2 rounded down, its [SEP] among them.
  assertEquals(left([3, 999, 5], { rooms }), [3, 252, 5]);
  assertEquals(left([4, 999, 999], { rooms }), [4, 252, 252]);
});

Deno.test("packTriples() fits every length it takes", () => {
  for (const rooms of ["paper", "code"] as const) {
    for (const separators of [1, 2] as const) {
      for (const [length, queryLength] of [[9, 1], [20, 7], [21, 8]] as const) {
        const form = { length, queryLength, rooms, separators };
        for (const query of [1, 3, 50]) {
          const sizes = left([query, 50, 50], form);
          const total = sizes.reduce((sum, size) => sum + size, 0);
          const most = length - 2 - 2 * separators;
          assertEquals(sizes[0], Math.min(query, queryLength));
          assertEquals(sizes[1], sizes[2]);
          assertEquals(total <= most && sizes[1]! >= 1, true);
          if (rooms === "code") assertEquals(most - total <= 1, true);
        }
      }
    }
  }
});

Deno.test("packTriples() refuses what leaves a text no token", () => {
  const triple = [["a", "b", "c"]] as const;
  const cases = [
    [
      { length: 67 },
      "expected a length of at least 68 tokens, of which the query may have 62, got 67",
    ],
    [{ length: 8, queryLength: 1, separators: 2 }, "at least 9 tokens"],
    [{ length: 512.5 }, "got 512.5"],
    [{ queryLength: 0 }, "expected a query length of at least 1 token, got 0"],
    [{ queryLength: NaN }, "got NaN"],
  ] as const;
  for (const [form, says] of cases) {
    assertThrows(
      () => packTriples(triple, smallBert(), form),
      RangeError,
      says,
    );
  }
  assertThrows(
    () => packTriples([["a", "b", "c"], ["a", "b", " "]], smallBert()),
    RangeError,
    'Cannot encode pair 1: expected texts with at least one token, got " "',
  );
  const signless = { ...smallBert(), special: {} };
  assertThrows(
    () => packTriples(triple, signless),
    RangeError,
    "expected a vocabulary with [CLS] and [SEP], got none",
  );
});
