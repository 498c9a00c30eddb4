import { assertEquals, assertThrows } from "@std/assert";
import { jsonTokenizer } from "#lib/text/json_tokenizer.ts";
import { precompiledCharsmap } from "#lib/text/precompiled_charsmap.ts";
import { unigramModel } from "#lib/text/unigram_model.ts";
import facts from "#tests/fixtures/text/json_tokenizer.json" with {
  type: "json",
};

for (const name of ["llmJp", "xlmR", "modernBert"] as const) {
  const { tokenizer: json, config, ids } = facts[name];

  Deno.test(`jsonTokenizer() gives the Rust library's ids with a tokenizer of the form "${name}"`, () => {
    const tokenizer = jsonTokenizer(json, config);
    facts.texts.forEach((text, i) => {
      assertEquals([text, tokenizer.encode(text)], [text, ids[i]!]);
    });
  });

  Deno.test(`jsonTokenizer() finds the special tokens of the form "${name}"`, () => {
    const { special, id } = jsonTokenizer(json, config);
    assertEquals(special.cls, id(config.cls_token));
    assertEquals(special.sep, id(config.sep_token));
    assertEquals(special.mask, id(config.mask_token));
    assertEquals(typeof special.mask, "number");
  });
}

Deno.test("unigramModel() takes the best sum, of equal sums the longest last piece, by hand", () => {
  const split = unigramModel({
    pieces: [["?", 0], ["a", -1], ["b", -1], ["ab", -2], ["ba", -1.5]],
    unknown: 0,
  });
  assertEquals(split("ab"), ["ab"]);
  assertEquals(split("aba"), ["a", "ba"]);
  assertEquals(split("axyb"), ["a", "?", "b"]);
  assertEquals(split(""), []);
});

Deno.test("unigramModel() leaves a byte's piece to the unknown one where another is missing", () => {
  const split = unigramModel({
    pieces: [["?", 0], ["a", -1], ["<0xC3>", -9]],
    unknown: 0,
    byteFallback: true,
  });
  assertEquals(split("aä"), ["a", "?"]);
});

Deno.test("jsonTokenizer() cuts at Unicode's white space, not JavaScript's, as the Rust library does", () => {
  const cut = (pre_tokenizer: unknown) =>
    jsonTokenizer({
      pre_tokenizer,
      model: {
        type: "Unigram",
        unk_id: 0,
        vocab: [["<unk>", 0], ["\u2581a", -1], ["b", -2], ["\u2581b", -1]],
      },
    }).encode("a\ufeffb a\u0085b");
  const space = { type: "Metaspace", replacement: "\u2581" };
  const split = { type: "WhitespaceSplit" };
  const sequence = { type: "Sequence", pretokenizers: [split, space] };
  assertEquals(cut(sequence), [1, 0, 2, 1, 3]);
});

Deno.test("jsonTokenizer() refuses files that describe no tokenizer", () => {
  const refused = (model: unknown, text: string) =>
    assertThrows(() => jsonTokenizer({ model }), SyntaxError, text);
  refused({ type: "Magic" }, 'expected a model of type "WordPiece", "BPE"');
  refused({ type: "Unigram", vocab: {} }, 'a list under "model.vocab"');
  refused({ type: "Unigram", vocab: [["a"]] }, "finite score] at entry 0");
  refused(
    { type: "Unigram", vocab: [["a", 0]], unk_id: 1 },
    '"model.unk_id" in the vocabulary, got 1',
  );
  refused(
    { type: "Unigram", vocab: [["a", 0], [1, 0]] },
    "finite score] at entry 1",
  );
  refused({ type: "BPE", vocab: [] }, 'an object under "model.vocab"');
  refused({ type: "BPE", vocab: { a: 0 } }, 'a list under "model.merges"');
  refused(
    { type: "BPE", vocab: { a: 0 }, merges: ["ab"] },
    "two pieces in merge 0",
  );
  refused(
    { type: "BPE", vocab: { a: 0, b: 0 }, merges: [] },
    'one piece with id 0, got "a" and "b"',
  );
  assertThrows(() => jsonTokenizer([]), SyntaxError, "expected an object");
});

Deno.test("precompiledCharsmap() refuses what is no map, at once", () => {
  for (const text of [5, "%", "", "AAAA", "BAAAAA==", "/////w=="]) {
    assertThrows(
      () => precompiledCharsmap(text),
      SyntaxError,
      "expected a compiled character map",
    );
  }
});
