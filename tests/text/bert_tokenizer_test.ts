import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { bertTokenizer } from "#lib/text/bert_tokenizer.ts";
import { wordPieceJson } from "#lib/text/word_piece_json.ts";
import { sharedPath } from "#tests/support/shared.ts";
import fixture from "#tests/fixtures/text/bert_tokenizer.json" with {
  type: "json",
};
import { smallBert } from "./small_tokenizer.ts";

/** The tokenizer of the shared MiniLM model, or nothing where it is absent. */
function minilm() {
  const folder = sharedPath("models/minilm-l6");
  if (folder === undefined) return undefined;
  const json = (name: string) =>
    JSON.parse(Deno.readTextFileSync(`${folder}/${name}`));
  return bertTokenizer(json("tokenizer.json"), {
    ...json("special_tokens_map.json"),
    ...json("tokenizer_config.json"),
  });
}

/** FNV-1a over whole numbers, as in the fixture's script. */
function hash(ids: readonly number[]): number {
  return ids.reduce(
    (value, id) => Math.imul(value ^ id, 0x01000193) >>> 0,
    0x811c9dc5,
  );
}

/** Rows of a gzipped JSON-lines file by id, as the fixture's script reads them. */
async function texts(path: string): Promise<Map<string, string>> {
  const file = await Deno.open(path);
  const text = await new Response(
    file.readable.pipeThrough(new DecompressionStream("gzip")),
  ).text();
  const rows = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  return new Map(
    rows.map((row) => [row._id, `${row.title ?? ""} ${row.text}`.trim()]),
  );
}

Deno.test("bertTokenizer() takes the longest piece again and again", () => {
  const tokenizer = smallBert();
  assertEquals(tokenizer.encode("AB a.c zz").map(tokenizer.token), [
    "a",
    "##b",
    "a",
    ".",
    "c",
    "[UNK]",
  ]);
});

Deno.test("bertTokenizer() gives the Rust library's ids for nasty strings", () => {
  const tokenizer = minilm();
  if (tokenizer === undefined) return;
  for (const [text, ids] of fixture.nasty as [string, number[]][]) {
    assertEquals(tokenizer.encode(text), ids, JSON.stringify(text));
  }
});

Deno.test("bertTokenizer() differs from the Rust library only where Unicode tables do", () => {
  const tokenizer = minilm();
  if (tokenizer === undefined) return;
  for (const [text, ids] of fixture.divergent as [string, number[]][]) {
    assertNotEquals(tokenizer.encode(text), ids, JSON.stringify(text));
  }
});

for (const [name, rows] of Object.entries(fixture.datasets)) {
  Deno.test(`bertTokenizer() gives the Rust library's ids for ${rows.length} texts of ${name}`, async () => {
    const tokenizer = minilm();
    const folder = sharedPath(`datasets/${name}`);
    if (tokenizer === undefined || folder === undefined) return;
    const parts = new Map<string, Map<string, string>>();
    for (const part of ["corpus", "queries"]) {
      parts.set(part, await texts(`${folder}/${part}.jsonl.gz`));
    }
    for (const row of rows) {
      const [part, id, count, sum] = row.split(" ") as [
        string,
        string,
        string,
        string,
      ];
      const ids = tokenizer.encode(parts.get(part)!.get(id)!);
      assertEquals([ids.length, hash(ids)], [Number(count), Number(sum)], row);
    }
  });
}

Deno.test("bertTokenizer() finds special tokens in the configuration, else by their usual names", () => {
  const json = wordPieceJson("[UNK]\n<c>\n[SEP]\n[MASK]\n");
  assertEquals(bertTokenizer(json).special, { sep: 2, mask: 3, unknown: 0 });
  assertEquals(
    bertTokenizer(json, { cls_token: { content: "<c>" }, mask_token: "<c>" })
      .special,
    {
      cls: 1,
      sep: 2,
      mask: 1,
      unknown: 0,
    },
  );
});

Deno.test("bertTokenizer() counts added tokens, and takes them whole from a text", () => {
  const json = wordPieceJson("[UNK]\n[CLS]\na\n");
  const added = {
    id: 9,
    content: "[Q] ",
    special: false,
    normalized: false,
    lstrip: false,
    rstrip: false,
  };
  const tokenizer = bertTokenizer({
    ...json,
    added_tokens: [...(json.added_tokens as unknown[]), added],
  });
  assertEquals(tokenizer.vocabularySize, 10);
  assertEquals(tokenizer.id("[Q] "), 9);
  assertEquals(tokenizer.encode("a[Q] a"), [2, 9, 2]);
});

Deno.test("bertTokenizer() ignores truncation and padding of the file", () => {
  const json = {
    ...wordPieceJson("[UNK]\na\n"),
    truncation: { max_length: 1 },
    padding: { strategy: { Fixed: 9 } },
  };
  assertEquals(bertTokenizer(json).encode("a a a"), [1, 1, 1]);
});

Deno.test("bertTokenizer() refuses files that describe no tokenizer", () => {
  const good = wordPieceJson("[UNK]\na\n");
  const cases: [unknown, string][] = [
    [null, "Cannot read tokenizer.json: expected an object, got null"],
    [
      undefined,
      "Cannot read tokenizer.json: expected an object, got undefined",
    ],
    [
      {},
      'Cannot read tokenizer.json: expected an object under "model", got undefined',
    ],
    [
      { model: { type: "BPE" } },
      'expected a model of type "WordPiece", got "BPE"',
    ],
    [
      { model: { vocab: [1] } },
      'expected an object under "model.vocab", got object',
    ],
    [
      { model: { vocab: {}, unk_token: "[UNK]" } },
      'expected "model.unk_token" in the vocabulary, got "[UNK]"',
    ],
    [
      { model: { vocab: { "[UNK]": -1 }, unk_token: "[UNK]" } },
      'expected a whole number below 10,000,000 for "[UNK]", got -1',
    ],
    [
      { model: { vocab: { "[UNK]": 1e12 }, unk_token: "[UNK]" } },
      "got 1000000000000",
    ],
    [
      { model: { vocab: { "[UNK]": 0, a: 0 }, unk_token: "[UNK]" } },
      'expected one piece with id 0, got "[UNK]" and "a"',
    ],
    [
      { ...good, added_tokens: 3 },
      'expected a list under "added_tokens", got number',
    ],
    [
      { ...good, added_tokens: [3] },
      'expected objects under "added_tokens", got 3',
    ],
    [
      { ...good, added_tokens: [{ id: 5 }] },
      "expected tokens that are strings, got undefined",
    ],
    [
      { ...good, normalizer: { type: "Nonsense" } },
      "expected a pipeline that can be built, got",
    ],
  ];
  for (const [json, message] of cases) {
    assertThrows(() => bertTokenizer(json), SyntaxError, message);
  }
});

Deno.test("bertTokenizer() refuses a configuration that names a token it lacks", () => {
  assertThrows(
    () => bertTokenizer(wordPieceJson("[UNK]\n"), { mask_token: "<mask>" }),
    SyntaxError,
    'Cannot read tokenizer configuration: expected mask_token "<mask>" in the vocabulary, got none',
  );
});

Deno.test("bertTokenizer() refuses to name an id beyond the vocabulary", () => {
  assertThrows(
    () => smallBert().token(12),
    RangeError,
    "Cannot name token 12: expected an id of the vocabulary below 12, got 12",
  );
});
