import { documentParts } from "#lib/text/document_parts.ts";
import { assertEquals, assertThrows } from "@std/assert";
import { array, assert as hold, integer, property, string } from "fast-check";

Deno.test("documentParts() cuts at words, with the signs behind them, by hand", () => {
  const form = { words: 2, stride: 1 };
  assertEquals(documentParts("a, b; c d.", form), ["a, b;", "b; c", "c d."]);
  assertEquals(documentParts("a b", form), ["a b"]);
  assertEquals(documentParts("a", form), ["a"]);
  assertEquals(documentParts("", form), [""]);
  assertEquals(documentParts(" ... ", form), [" ... "]);
});

Deno.test("documentParts() gives FirstP as one part at most", () => {
  assertEquals(documentParts("a b c d", { words: 2, stride: 2, most: 1 }), [
    "a b",
  ]);
});

Deno.test("documentParts() finds words in a language without spaces", () => {
  const parts = documentParts("雪国であった。夜の底が白くなった。", {
    words: 4,
    stride: 4,
  });
  assertEquals(parts.length > 1, true);
  assertEquals(parts.join(""), "雪国であった。夜の底が白くなった。");
});

Deno.test("documentParts() loses no word, and adds none", () => {
  hold(property(
    array(string({ unit: "grapheme-ascii", maxLength: 6 }), { maxLength: 40 }),
    integer({ min: 1, max: 5 }),
    (pieces, words) => {
      const text = pieces.join(" ");
      const parts = documentParts(text, { words, stride: words });
      const plain = (s: string) => s.replace(/\s/g, "");
      return plain(parts.join("")) === plain(text);
    },
  ));
});

Deno.test("documentParts() refuses forms that are none", () => {
  const cases: [Record<string, number>, string][] = [
    [{ words: 0 }, "expected words a whole number from 1 to 1000000, got 0"],
    [{ words: 3, stride: 4 }, "expected stride a whole number from 1 to 3"],
    [{ stride: 0.5 }, "expected stride a whole number from 1 to 150, got 0.5"],
    [{ most: 0 }, "expected most parts a whole number from 1"],
  ];
  for (const [form, text] of cases) {
    assertThrows(() => documentParts("a", form), RangeError, text);
  }
});
