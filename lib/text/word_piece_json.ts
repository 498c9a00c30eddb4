/** Settings that `vocab.txt` does not hold. */
export interface WordPieceOptions {
  /** Lower-case and strip accents, as `do_lower_case` of `tokenizer_config.json`. Default `true`. */
  readonly lowercase?: boolean;
}

/** The parts of the written `tokenizer.json` that a caller may want to look at. */
export interface WordPieceJson {
  /** Version of the file format. */
  readonly version: string;
  /** The vocabulary and how words are cut. */
  readonly model: {
    /** Always "WordPiece". */
    readonly type: string;
    /** Piece to id. */
    readonly vocab: Readonly<Record<string, number>>;
    /** Always "[UNK]". */
    readonly unk_token: string;
    /** Always "##". */
    readonly continuing_subword_prefix: string;
    /** Longer words are unknown. */
    readonly max_input_chars_per_word: number;
  };
  /** The other parts of the pipeline. */
  readonly [part: string]: unknown;
}

/**
 * Writes the `tokenizer.json` of a BERT that ships only `vocab.txt`.
 *
 * Line `n` (from 0) is the piece with id `n`; a carriage return is not part of it, and
 * one empty last line is not a piece.
 *
 * @param vocabulary The text of `vocab.txt`.
 * @param options Lower-casing.
 * @returns What `JSON.parse` of such a `tokenizer.json` gives.
 * @throws {SyntaxError} If a line is empty or occurs twice, or "[UNK]" is missing.
 *
 * @example Usage
 * ```ts
 * import { wordPieceJson } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(wordPieceJson("[UNK]\nlate\n").model.vocab, { "[UNK]": 0, late: 1 });
 * ```
 */
export function wordPieceJson(
  vocabulary: string,
  { lowercase = true }: WordPieceOptions = {},
): WordPieceJson {
  const vocab = numbered(vocabulary);
  const special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].filter((
    token,
  ) => Object.hasOwn(vocab, token));
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: special.map((content) => ({
      id: vocab[content]!,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: null,
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab,
    },
  };
}

/** Piece to line number. */
function numbered(text: string): Record<string, number> {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  const ids = new Map<string, number>();
  lines.forEach((piece, id) => {
    if (piece === "" || ids.has(piece)) {
      const got = piece === ""
        ? "an empty line"
        : `"${piece}" again (first on line ${ids.get(piece)! + 1})`;
      throw new SyntaxError(
        `Cannot read vocab.txt:${id + 1}: expected a new piece, got ${got}`,
      );
    }
    ids.set(piece, id);
  });
  if (!ids.has("[UNK]")) {
    throw new SyntaxError(
      `Cannot read vocab.txt: expected a line "[UNK]", got none in ${ids.size} lines`,
    );
  }
  return Object.fromEntries(ids);
}
