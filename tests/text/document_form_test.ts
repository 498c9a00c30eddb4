import { assertEquals, assertThrows } from "@std/assert";
import { packDocuments, PUNCTUATION } from "#lib/text/document_form.ts";
import { letters, smallBert } from "./small_tokenizer.ts";

Deno.test("packDocuments() frames, marks and cuts, and drops only what is listed", () => {
  const packed = packDocuments(["a. b.", "c c c c c c c"], smallBert(), {
    length: 7,
    marker: "[D]",
    skiplist: PUNCTUATION,
  });
  assertEquals([...packed.ids], [2, 6, 7, 10, 8, 10, 3, 2, 6, 9, 9, 9, 9, 3]);
  assertEquals([...packed.keep], [1, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1]);
  assertEquals([...packed.attend], Array(14).fill(1));
});

Deno.test("packDocuments() drops unknown words when a listed piece is not in the vocabulary, as PyLate does", () => {
  const packed = packDocuments(["? a"], smallBert(), {
    length: 9,
    skiplist: ["?"],
  });
  assertEquals([...packed.ids], [2, 1, 7, 3]);
  assertEquals([...packed.keep], [1, 0, 1, 1]);
});

Deno.test("packDocuments() drops nothing without a skiplist", () => {
  assertEquals([...packDocuments(["."], letters(), { length: 9 }).keep], [1]);
});

Deno.test("packDocuments() keeps special tokens of a text that is all punctuation", () => {
  const packed = packDocuments(["..."], smallBert(), {
    length: 9,
    skiplist: PUNCTUATION,
  });
  assertEquals([...packed.keep], [1, 0, 0, 0, 1]);
});

Deno.test("packDocuments() names the document that has no token left", () => {
  assertThrows(
    () =>
      packDocuments(["a", ".."], letters(), {
        length: 9,
        skiplist: PUNCTUATION,
      }),
    RangeError,
    'Cannot encode document 1: expected a token that is not on the skiplist, got ".."',
  );
  assertThrows(
    () => packDocuments(["a", ""], smallBert(), { length: 9 }),
    RangeError,
    'Cannot encode document 1: expected a text with at least one token, got ""',
  );
});

Deno.test("packDocuments() refuses a length without room for a word", () => {
  assertThrows(
    () => packDocuments(["a"], smallBert(), { length: 2 }),
    RangeError,
    "Cannot encode documents: expected a length of at least 3 tokens (special tokens and one of the text), got 2",
  );
});

Deno.test("PUNCTUATION holds the 32 signs of ASCII", () => {
  const signs = Array.from(
    { length: 128 },
    (_, code) => String.fromCharCode(code),
  ).filter((c) => /[!-/:-@[-`{-~]/.test(c));
  assertEquals([...PUNCTUATION], signs);
});
