import "#tests/support/permitted.ts";
import { assertEquals, assertThrows } from "@std/assert";
import { sha256Of } from "#lib/store/sha256.ts";
import {
  japaneseForm,
  japaneseTokenizer,
} from "#lib/text/japanese_tokenizer.ts";
import { mecabWords } from "#lib/text/mecab.ts";
import { mecabDictionary } from "#lib/text/mecab_dictionary.ts";
import facts from "#tests/fixtures/text/japanese.json" with { type: "json" };
import { sharedPath } from "#tests/support/shared.ts";
import { unidicHere } from "#tests/support/unidic.ts";
import { smallDictionary, smallFiles } from "./small_dictionary.ts";

/** The vocabulary that `make_japanese.py` made of the sentences. */
function vocabulary(): string {
  const url = new URL("../fixtures/text/japanese_vocab.txt", import.meta.url);
  return Deno.readTextFileSync(url);
}

/** The sentences that the fixture's digests are of. */
async function sentences(path: string, count: number): Promise<string[]> {
  const file = await Deno.open(path);
  const text = await new Response(
    file.readable.pipeThrough(new DecompressionStream("gzip")),
  ).text();
  const found: string[] = [];
  for (const line of text.split("\n")) {
    if (found.length >= count) break;
    for (const part of JSON.parse(line).text.split("。")) {
      if (part.trim() !== "") found.push(`${part}。`);
    }
  }
  return found.slice(0, count);
}

type Form = keyof typeof facts.forms;

for (const name of Object.keys(facts.forms) as Form[]) {
  const { config, digests, hostile } = facts.forms[name];

  Deno.test(`japaneseTokenizer() gives transformers' ids of hostile texts, form "${name}"`, async () => {
    const dictionary = await unidicHere();
    if (dictionary === undefined) return;
    const tokenizer = japaneseTokenizer(vocabulary(), { dictionary, config });
    facts.hostile.forEach((text, i) =>
      assertEquals([text, tokenizer.encode(text)], [text, hostile[i]!])
    );
  });

  Deno.test(
    `japaneseTokenizer() gives transformers' ids of ${
      digests.length * facts.chunk
    } sentences, form "${name}"`,
    async () => {
      const path = sharedPath("datasets/jaqa/corpus.jsonl.gz");
      const dictionary = await unidicHere();
      if (path === undefined || dictionary === undefined) return;
      const texts = await sentences(path, digests.length * facts.chunk);
      assertEquals(texts[0], facts.first);
      const tokenizer = japaneseTokenizer(vocabulary(), { dictionary, config });
      digests.forEach((digest, chunk) => {
        const lines = texts
          .slice(chunk * facts.chunk, (chunk + 1) * facts.chunk)
          .map((text) => tokenizer.encode(text).join(" "));
        const bytes = new TextEncoder().encode(lines.join("\n"));
        assertEquals([chunk, sha256Of([bytes]).slice(0, 16)], [chunk, digest]);
      });
    },
  );
}

Deno.test("mecabWords() takes the way of least cost through a dictionary of a few words, by hand", () => {
  // ab costs 5 and a and b 7; then ab costs 8.
  const dictionary = smallDictionary({ ab: 5, a: 2, b: 5 });
  assertEquals(mecabWords("ab", dictionary), ["ab"]);
  const cheap = smallDictionary({ ab: 8, a: 2, b: 5 });
  assertEquals(mecabWords("ab", cheap), ["a", "b"]);
  assertEquals(mecabWords("  ab ", cheap), ["a", "b"]);
  assertEquals(mecabWords("", cheap), []);
  assertEquals(mecabWords("   ", cheap), []);
});

Deno.test("mecabWords() makes unknown signs of one kind one word", () => {
  const dictionary = smallDictionary({ a: 2 });
  assertEquals(mecabWords("axxa", dictionary), ["axxa"]);
  assertEquals(mecabWords("xx 5", dictionary), ["xx", "5"]);
});

Deno.test("japaneseTokenizer() keeps special tokens whole, cuts words into pieces or signs, and marks unknowns", () => {
  const dictionary = smallDictionary({ ab: 1, c: 1 });
  const vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##b\nc\n";
  const names = (config: Record<string, unknown>) => {
    const tokenizer = japaneseTokenizer(vocabulary, { dictionary, config });
    return tokenizer.encode("ab[MASK]c 55").map(tokenizer.token);
  };
  assertEquals(names({}), ["a", "##b", "[MASK]", "c", "[UNK]"]);
  assertEquals(names({ subword_tokenizer_type: "character" }), [
    "a",
    "[UNK]",
    "[MASK]",
    "c",
    "[UNK]",
    "[UNK]",
  ]);
});

Deno.test("japaneseForm() refuses what is not offered", () => {
  const cases: [Record<string, unknown>, string][] = [
    [
      { word_tokenizer_type: "sudachi" },
      'expected word_tokenizer_type "mecab", got "sudachi"',
    ],
    [
      { mecab_kwargs: { mecab_dic: "ipadic" } },
      'expected mecab_kwargs {"mecab_dic": "unidic_lite"}, got {"mecab_dic":"ipadic"}',
    ],
    [
      { subword_tokenizer_type: "sentencepiece" },
      'expected subword_tokenizer_type "wordpiece" or "character", got "sentencepiece"',
    ],
    [{ do_subword_tokenize: false }, "expected do_subword_tokenize true"],
  ];
  for (const [config, text] of cases) {
    assertThrows(() => japaneseForm(config), RangeError, text);
  }
});

Deno.test("mecabDictionary() refuses files that are truncated or altered", () => {
  const files = smallFiles({ ab: 5, a: 2 });
  const changed = (
    name: keyof typeof files,
    change: (bytes: Uint8Array) => Uint8Array | void,
  ) => {
    const copy = files[name].slice();
    return { ...files, [name]: change(copy) ?? copy };
  };
  const cases: [typeof files, string][] = [
    [changed("system", (b) => b.subarray(0, 71)), "expected a header of 72"],
    [changed("system", (b) => b.subarray(0, -1)), "bytes, got"],
    [changed("system", (b) => void (b[4] = 9)), "expected version 102, got 9"],
    [changed("unknown", (b) => void (b[40] = 0x78)), "expected charset utf8"],
    [changed("system", (b) => void (b[24]! += 1)), "a trie of 8-byte units"],
    [changed("unknown", (b) => void b.fill(0, 72, 80)), "unknown words of"],
    [changed("matrix", (b) => b.subarray(0, 5)), "a matrix.bin of 6 bytes"],
    [changed("matrix", (b) => b.subarray(0, 2)), "a matrix.bin of"],
    [changed("characters", (b) => b.subarray(1)), "expected a char.bin"],
    [changed("characters", (b) => void (b[0] = 99)), "expected a char.bin"],
  ];
  for (const [broken, text] of cases) {
    assertThrows(() => mecabDictionary(broken), SyntaxError, text);
  }
});

Deno.test("mecabWords() refuses entries that a lexicon does not have", () => {
  const files = smallFiles({ ab: 5 });
  const system = files.system.subarray(0, -16).slice();
  new DataView(system.buffer).setUint32(28, 0, true);
  const dictionary = mecabDictionary({ ...files, system });
  assertThrows(
    () => mecabWords("ab", dictionary),
    SyntaxError,
    "expected entries below 0, got 1",
  );
});
