import "#tests/support/permitted.ts";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { bertText } from "#lib/text/bert_text.ts";
import { bertTokenizer } from "#lib/text/bert_tokenizer.ts";
import { jsonTokenizer } from "#lib/text/json_tokenizer.ts";
import { knownWords } from "#lib/text/known_words.ts";
import {
  buildPipeline,
  checkedTokenizer,
} from "#lib/text/tokenizer_pipeline.ts";
import { wordPieceJson } from "#lib/text/word_piece_json.ts";
import fixture from "#tests/fixtures/text/json_tokenizer.json" with {
  type: "json",
};

const VOCABULARY = [
  ..."[PAD] [UNK] [CLS] [SEP] [MASK] a b c e i o s σ ς ά α 東 京 . , - ! ' [ ] ##a ##b"
    .split(" "),
  ..."##c ##e ##i ##o ##s ##σ ##α the cat ##at late inter ##action i̇ 1 ##1 ##2"
    .split(" "),
].join("\n");

/** What a text is put together from: words, signs, marks and every kind of space. */
const PIECES = fc.constantFrom(
  ...[
    "cat",
    "The",
    "LATE",
    "interAction",
    "a",
    "ΟΔΟΣ",
    "Σ",
    "İ",
    "É",
    "e\u0301",
  ],
  ...[
    "\u0301",
    "東京",
    "\u{20000}",
    "[MASK]",
    "[mask]",
    "[SEP",
    "don't",
    "...",
    "1-2",
  ],
  ...[
    " ",
    "  ",
    "\n",
    "\t",
    "\r\n",
    "\u00a0",
    "\u3000",
    "\u2028",
    "\u0085",
    "\ufeff",
  ],
  ...[
    "\u0000",
    "\u000b",
    "\u001c",
    "\u007f",
    "\u00ad",
    "\u200b",
    "\ufffd",
    "\ud800",
    "x".repeat(101),
  ],
);
const TEXTS = fc.oneof(
  fc.array(PIECES, { maxLength: 12 }).map((pieces) => pieces.join("")),
  fc.string({ unit: "binary", maxLength: 30 }),
);

for (
  const [name, change] of [
    ["lower case", {}],
    ["letters as they are", { lowercase: false, strip_accents: false }],
    ["no cleaning", { clean_text: false, handle_chinese_chars: false }],
  ] as const
) {
  Deno.test(`bertTokenizer() that remembers words gives the ids of whole texts: ${name}`, () => {
    const plain = checkedTokenizer(wordPieceJson(VOCABULARY));
    const normalizer = { ...plain["normalizer"] as object, ...change };
    const json = { ...plain, normalizer };
    const pipeline = buildPipeline(json, {});
    const prepare = bertText(normalizer);
    const { encode } = bertTokenizer(json);
    fc.assert(
      fc.property(TEXTS, (text) => {
        const whole = pipeline.encode(prepare(text), {
          add_special_tokens: false,
        }).ids;
        assertEquals(encode(text), whole);
        assertEquals(encode(text), whole);
      }),
      { numRuns: 3000, seed: 1 },
    );
  });
}

Deno.test("bertTokenizer() takes a token of its own that holds a space whole", () => {
  const json = checkedTokenizer(wordPieceJson(VOCABULARY));
  const id = VOCABULARY.split("\n").length;
  const added = { id, content: "late cat", normalized: false, special: true };
  const { encode, id: idOf } = bertTokenizer({
    ...json,
    added_tokens: [...json.added_tokens, added],
  });
  assertEquals(encode("the late cat"), [idOf("the")!, id]);
});

Deno.test("knownWords() asks anew for what is long, and after many words", () => {
  let asked = 0;
  const encode = knownWords((text) => {
    asked++;
    return [text.length];
  });
  const long = "x".repeat(65);
  assertEquals(encode(`${long} ${long} a a`), [65, 65, 1, 1]);
  assertEquals(asked, 3);
  for (let word = 0; word < 1 << 16; word++) encode(`${word}`);
  encode("a");
  assertEquals(asked, 3 + (1 << 16) + 1);
  assertEquals(encode(" \n\t\r "), []);
});

for (
  const [name, change] of [
    ["no space first", {}],
    ["a space first", { add_prefix_space: true }],
  ] as const
) {
  Deno.test(`jsonTokenizer() of a BPE that remembers words gives the ids of whole texts: ${name}`, () => {
    const plain = checkedTokenizer(fixture.modernBert.tokenizer);
    const json = {
      ...plain,
      pre_tokenizer: { ...plain["pre_tokenizer"] as object, ...change },
    };
    const pipeline = buildPipeline(json, {});
    const { encode } = jsonTokenizer(json);
    fc.assert(
      fc.property(TEXTS, (text) => {
        const whole = pipeline.encode(text, { add_special_tokens: false }).ids;
        assertEquals(encode(text), whole);
        assertEquals(encode(text), whole);
      }),
      { numRuns: 3000, seed: 2 },
    );
  });
}
