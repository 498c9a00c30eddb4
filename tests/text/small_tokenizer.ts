import { bertTokenizer } from "#lib/text/bert_tokenizer.ts";
import { wordPieceJson } from "#lib/text/word_piece_json.ts";
import type { Tokenizer } from "#lib/text/tokenizer.ts";

/** Pieces of a tiny BERT vocabulary; a piece's place is its id. */
export const PIECES = [
  "[PAD]",
  "[UNK]",
  "[CLS]",
  "[SEP]",
  "[MASK]",
  "[Q]",
  "[D]",
  "a",
  "b",
  "c",
  ".",
  "##b",
];

/** A BERT tokenizer over {@linkcode PIECES}. */
export function smallBert(): Tokenizer {
  return bertTokenizer(wordPieceJson(PIECES.join("\n")));
}

/** A tokenizer with no special token but the unknown one: one id a letter. */
export function letters(): Tokenizer {
  const { token, id } = smallBert();
  return {
    vocabularySize: PIECES.length,
    special: { unknown: 1 },
    encode: (text) =>
      [...text.replaceAll(" ", "")].map((letter) => id(letter) ?? 1),
    token,
    id,
  };
}
