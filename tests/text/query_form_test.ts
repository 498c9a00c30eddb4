import { assertEquals, assertThrows } from "@std/assert";
import {
  expandedLength,
  packQueries,
  type QueryForm,
} from "#lib/text/query_form.ts";
import { packDocuments } from "#lib/text/document_form.ts";
import { letters, smallBert } from "./small_tokenizer.ts";

const FORM: QueryForm = { length: 8, expansion: "none", attendMask: false };

// JaColBERTv2.5's dynamic length: tokens of the query, the paper's rule, the code's rule.
const TABLE = [
  [4, 32, 12],
  [8, 32, 16],
  [9, 32, 32],
  [20, 32, 32],
  [24, 32, 32],
  [25, 33, 32],
  [30, 38, 32],
  [32, 40, 40],
  [33, 64, 41],
  [40, 64, 48],
  [41, 64, 64],
  [64, 72, 72],
] as const;

for (const [tokens, paper, code] of TABLE) {
  Deno.test(`expandedLength() gives ${paper} and ${code} when a query has ${tokens} tokens`, () => {
    assertEquals(
      expandedLength(tokens, { expansion: "dynamic-paper", length: 32 }),
      paper,
    );
    assertEquals(
      expandedLength(tokens, { expansion: "dynamic-code", length: 32 }),
      code,
    );
  });
}

Deno.test("expandedLength() makes both dynamic rules agree only from 9 to 24 and at multiples of 32", () => {
  for (let tokens = 1; tokens <= 256; tokens++) {
    const [paper, code] = (["dynamic-paper", "dynamic-code"] as const)
      .map((expansion) =>
        expandedLength(tokens, { expansion, length: 32 })
      ) as [number, number];
    const rest = tokens % 32;
    assertEquals(
      paper === code,
      rest === 0 || (rest >= 9 && rest <= 24),
      `${tokens}`,
    );
    assertEquals(paper - tokens >= 8, true);
  }
});

Deno.test("packQueries() puts the marker after [CLS] and keeps [SEP] when it cuts", () => {
  const packed = packQueries(["a b c", "a b c a b c a b c"], smallBert(), {
    ...FORM,
    marker: "[Q]",
  });
  assertEquals([...packed.ids], [2, 5, 7, 8, 9, 3, 2, 5, 7, 8, 9, 7, 8, 3]);
  assertEquals([...packed.offsets], [0, 6, 14]);
  assertEquals([...packed.attend], Array(14).fill(1));
  assertEquals([...packed.keep], Array(14).fill(1));
  assertEquals([...packed.segment], Array(14).fill(0));
});

Deno.test("packQueries() fills to the length when the expansion is fixed", () => {
  const packed = packQueries(["a", "a b c a b c a"], smallBert(), {
    ...FORM,
    expansion: "fixed",
  });
  assertEquals([...packed.ids], [
    2,
    7,
    3,
    4,
    4,
    4,
    4,
    4,
    2,
    7,
    8,
    9,
    7,
    8,
    9,
    3,
  ]);
  assertEquals([...packed.attend], [
    1,
    1,
    1,
    0,
    0,
    0,
    0,
    0,
    1,
    1,
    1,
    1,
    1,
    1,
    1,
    1,
  ]);
  assertEquals([...packed.keep], Array(16).fill(1));
});

Deno.test("packQueries() adds 8 masks on top when the expansion is plus8", () => {
  const packed = packQueries(["a", "a b c a b c a"], smallBert(), {
    ...FORM,
    expansion: "plus8",
  });
  assertEquals([...packed.offsets], [0, 11, 27]);
  assertEquals([...packed.ids.slice(18)], [3, 4, 4, 4, 4, 4, 4, 4, 4]);
});

Deno.test("packQueries() expands dynamically by the length after cutting", () => {
  const text = Array(40).fill("a").join(" ");
  const packed = packQueries([text], smallBert(), {
    ...FORM,
    length: 30,
    expansion: "dynamic-paper",
  });
  assertEquals(packed.ids.length, 38);
  assertEquals([...packed.ids.slice(28)], [7, 3, 4, 4, 4, 4, 4, 4, 4, 4]);
});

Deno.test("packQueries() lets masks be keys when asked to", () => {
  const packed = packQueries(["a"], smallBert(), {
    ...FORM,
    expansion: "fixed",
    attendMask: true,
  });
  assertEquals([...packed.attend], Array(8).fill(1));
});

Deno.test("packQueries() works without special tokens when nothing is expanded", () => {
  const packed = packQueries(["a b", "abcabcabcabc"], letters(), FORM);
  assertEquals([...packed.ids], [7, 8, 7, 8, 9, 7, 8, 9, 7, 8]);
});

Deno.test("packQueries() gives the same whether queries come together or alone", () => {
  const form: QueryForm = { ...FORM, expansion: "dynamic-code" };
  const together = packQueries(["a", "b c"], smallBert(), form);
  const alone = ["a", "b c"].flatMap((
    text,
  ) => [...packQueries([text], smallBert(), form).ids]);
  assertEquals([...together.ids], alone);
});

Deno.test("packQueries() names the query that has no token", () => {
  for (const text of ["", "  ", "\u200b", "\n"]) {
    assertThrows(
      () => packQueries(["a", "b", "c", text], smallBert(), FORM),
      RangeError,
      `Cannot encode query 3: expected a text with at least one token, got ${
        JSON.stringify(text)
      }`,
    );
  }
});

Deno.test("packQueries() refuses forms that cannot be", () => {
  const cases: [() => unknown, string][] = [
    [
      () => packQueries(["a"], letters(), { ...FORM, expansion: "fixed" }),
      'Cannot expand queries by "fixed": expected a vocabulary with [MASK], got none (use expansion "none")',
    ],
    [
      () =>
        packQueries(["a"], smallBert(), {
          ...FORM,
          expansion: "some" as "none",
        }),
      'expected an expansion among none, fixed, plus8, dynamic-paper, dynamic-code, got "some"',
    ],
    [
      () => packQueries(["a"], smallBert(), { ...FORM, marker: "[Query]" }),
      'Cannot mark a query: expected "[Query]" in the vocabulary, got none',
    ],
    [
      () =>
        packQueries(["a"], smallBert(), { ...FORM, length: 3, marker: "[Q]" }),
      "Cannot encode queries: expected a length of at least 4 tokens (special tokens and one of the text), got 3",
    ],
    [
      () => packQueries(["a"], smallBert(), { ...FORM, length: 7.5 }),
      "got 7.5",
    ],
    [
      () => packQueries(["a"], smallBert(), { ...FORM, length: NaN }),
      "got NaN",
    ],
  ];
  for (const [run, message] of cases) assertThrows(run, RangeError, message);
});

Deno.test("packQueries() and packDocuments() leave out white space around a text, as sentence-transformers does", () => {
  const seen: string[] = [];
  const encode = (text: string) => {
    seen.push(text);
    return [7];
  };
  const tokenizer = { ...smallBert(), encode };
  packQueries([" a  b\t"], tokenizer, { ...FORM, prompt: " query: " });
  packDocuments(["\u3000a\u00a0"], tokenizer, { length: 9 });
  assertEquals(seen, ["query:  a  b", "a"]);
});
