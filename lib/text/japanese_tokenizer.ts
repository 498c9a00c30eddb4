import { mecabWords } from "./mecab.ts";
import type { MecabDictionary } from "./mecab_dictionary.ts";
import { specialTokens } from "./special_tokens.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { wordPieceJson } from "./word_piece_json.ts";

/** How a Japanese BERT cuts words. */
export interface JapaneseForm {
  /** Whether words are lower-cased. */
  readonly lowercase: boolean;
  /** Whether texts are brought to NFKC first. */
  readonly normalise: boolean;
  /** What words are cut into: pieces of the vocabulary, or single signs. */
  readonly subwords: "wordpiece" | "character";
}

/** Longest word that is cut, in signs; a longer one is unknown. */
const LONGEST_WORD = 100;

/** White space by Python's account, of which JavaScript's differs. */
const SPACE_SIGNS =
  "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";

/** Stretches of it. */
const SPACES = new RegExp(`[${SPACE_SIGNS}]+`, "u");

/**
 * Reads how a Japanese BERT cuts words from its `tokenizer_config.json`.
 *
 * Absent fields have the defaults of transformers' class, but for the kind of words,
 * which is taken to be MeCab's.
 *
 * @param config The parsed file.
 * @returns The form.
 * @throws {RangeError} If the file asks for other words than MeCab's with unidic-lite, or
 * other subwords than pieces and signs.
 *
 * @example Usage
 * ```ts
 * import { japaneseForm } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const { subwords } = japaneseForm({ subword_tokenizer_type: "character" });
 * assertEquals(subwords, "character");
 * ```
 */
export function japaneseForm(
  config: Readonly<Record<string, unknown>>,
): JapaneseForm {
  const offered = <T extends string>(name: string, known: readonly T[]): T => {
    const value = config[name] ?? known[0];
    const found = known.find((one) => one === value);
    if (found !== undefined) return found;
    throw refuse(`${name} "${known.join('" or "')}"`, value);
  };
  offered("word_tokenizer_type", ["mecab"]);
  const kwargs = (config.mecab_kwargs ?? {}) as Record<string, unknown>;
  const { mecab_dic = "unidic_lite", mecab_option = null } = kwargs;
  if (mecab_dic !== "unidic_lite" || mecab_option !== null) {
    throw refuse('mecab_kwargs {"mecab_dic": "unidic_lite"}', kwargs);
  }
  if ((config.do_subword_tokenize ?? true) !== true) {
    throw refuse("do_subword_tokenize true", config.do_subword_tokenize);
  }
  return {
    lowercase: (kwargs.do_lower_case ?? config.do_lower_case ?? false) === true,
    normalise: (kwargs.normalize_text ?? true) === true,
    subwords: offered("subword_tokenizer_type", ["wordpiece", "character"]),
  };
}

/** Says which field of the configuration is not offered. */
function refuse(expected: string, got: unknown): RangeError {
  return new RangeError(
    `Cannot read tokenizer_config.json: expected ${expected}, got ${
      JSON.stringify(got).slice(0, 80)
    }`,
  );
}

/**
 * Builds the tokenizer of a Japanese BERT: NFKC, words by MeCab, then WordPiece, or
 * single signs, inside each word.
 *
 * Special tokens that stand in a text stay whole. A word of more than 100 signs, or with
 * a part that the vocabulary lacks, is one unknown; where words are cut into signs, only
 * the sign is.
 *
 * Source: transformers 5.23, `BertJapaneseTokenizer`, held against it on 10,000 texts.
 *
 * @param vocabulary The text of `vocab.txt`, a piece a line.
 * @param options MeCab's dictionary, the parsed `tokenizer_config.json`.
 * @returns The tokenizer.
 * @throws {SyntaxError} If the vocabulary is not one, or lacks a named special token.
 * @throws {RangeError} If the configuration asks for what is not offered.
 *
 * @example Usage
 * ```ts
 * import { findUnidic, japaneseTokenizer, loadUnidic } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await findUnidic().catch(() => undefined); // pip install unidic-lite
 * if (folder !== undefined) {
 *   const dictionary = await loadUnidic(folder);
 *   const tokenizer = japaneseTokenizer("[UNK]\n雪国\nで\nあっ\nた\n", { dictionary });
 *   assertEquals(tokenizer.encode("雪国であった"), [1, 2, 3, 4]);
 * }
 * ```
 */
export function japaneseTokenizer(
  vocabulary: string,
  { dictionary, config = {} }: {
    readonly dictionary: MecabDictionary;
    readonly config?: Readonly<Record<string, unknown>>;
  },
): Tokenizer {
  const form = japaneseForm(config);
  const { model } = wordPieceJson(vocabulary);
  const ids = new Map(Object.entries(model.vocab));
  const pieces: string[] = [];
  for (const [piece, id] of ids) pieces[id] = piece;
  const special = specialTokens({ model }, {
    config,
    id: (token) => ids.get(token),
  });
  const unknown = special.unknown!;
  const cut = form.subwords === "character"
    ? (word: string) => Array.from(word, (sign) => ids.get(sign) ?? unknown)
    : (word: string) => wordPieces(word, { ids, unknown });
  const plain = (text: string) => {
    const normal = form.normalise ? text.normalize("NFKC") : text;
    return mecabWords(normal, dictionary).flatMap((word) =>
      cut(form.lowercase ? word.toLowerCase() : word)
    );
  };
  const whole = new Set(Object.values(special).map((id) => pieces[id]!));
  const between = new RegExp(
    `(${[...whole].map(escaped).join("|")})`,
    "u",
  );
  return {
    vocabularySize: pieces.length,
    special,
    encode: (text) =>
      text.split(between).flatMap((part) =>
        whole.has(part) ? [ids.get(part)!] : plain(part)
      ),
    token: (id) => {
      const piece = pieces[id];
      if (piece !== undefined) return piece;
      throw new RangeError(
        `Cannot name token ${id}: expected an id of the vocabulary below ${pieces.length}, got ${id}`,
      );
    },
    id: (token) => ids.get(token),
  };
}

/** A text as a pattern that matches just it. */
function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}

/** The longest pieces of the vocabulary, again and again, in each part of a word. */
function wordPieces(word: string, { ids, unknown }: {
  readonly ids: ReadonlyMap<string, number>;
  readonly unknown: number;
}): number[] {
  const parts = word.split(SPACES).filter((part) => part !== "");
  return parts.flatMap((part) => {
    const signs = [...part];
    if (signs.length > LONGEST_WORD) return [unknown];
    const found: number[] = [];
    for (let start = 0; start < signs.length;) {
      let end = signs.length;
      let id: number | undefined;
      for (; end > start; end--) {
        const text = signs.slice(start, end).join("");
        id = ids.get(start > 0 ? `##${text}` : text);
        if (id !== undefined) break;
      }
      if (id === undefined) return [unknown];
      found.push(id);
      start = end;
    }
    return found;
  });
}
