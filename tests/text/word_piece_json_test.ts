import { assertEquals, assertThrows } from "@std/assert";
import { bertTokenizer } from "#lib/text/bert_tokenizer.ts";
import { wordPieceJson } from "#lib/text/word_piece_json.ts";
import { sharedPath } from "#tests/support/shared.ts";
import fixture from "#tests/fixtures/text/bert_tokenizer.json" with {
  type: "json",
};

Deno.test("wordPieceJson() numbers the lines, whatever ends them", () => {
  assertEquals(wordPieceJson("[UNK]\r\na\r\n").model.vocab, {
    "[UNK]": 0,
    a: 1,
  });
  assertEquals(wordPieceJson("[UNK]\n7\na").model.vocab, {
    "[UNK]": 0,
    "7": 1,
    a: 2,
  });
});

Deno.test("wordPieceJson() keeps case and accents when told to", () => {
  const tokenizer = bertTokenizer(
    wordPieceJson("[UNK]\nÉ\ne\n", { lowercase: false }),
  );
  assertEquals(tokenizer.encode("É e E"), [1, 2, 0]);
});

Deno.test("wordPieceJson() of a model's vocab.txt equals its tokenizer.json", () => {
  const path = sharedPath("models/minilm-l6/vocab.txt");
  if (path === undefined) return;
  const tokenizer = bertTokenizer(wordPieceJson(Deno.readTextFileSync(path)));
  for (const [text, ids] of fixture.nasty as [string, number[]][]) {
    assertEquals(tokenizer.encode(text), ids, JSON.stringify(text));
  }
});

Deno.test("wordPieceJson() refuses empty and repeated lines, and a file without [UNK]", () => {
  const cases = [
    [
      "[UNK]\n\na\n",
      "Cannot read vocab.txt:2: expected a new piece, got an empty line",
    ],
    [
      "[UNK]\na\na\n",
      'Cannot read vocab.txt:3: expected a new piece, got "a" again (first on line 2)',
    ],
    [
      "a\nb\n",
      'Cannot read vocab.txt: expected a line "[UNK]", got none in 2 lines',
    ],
  ] as const;
  for (const [text, message] of cases) {
    assertThrows(() => wordPieceJson(text), SyntaxError, message);
  }
});
