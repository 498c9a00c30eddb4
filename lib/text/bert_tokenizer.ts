import { Tokenizer as Pipeline } from "@huggingface/tokenizers";
import type { Tokenizer } from "./tokenizer.ts";
import { specialTokens } from "./special_tokens.ts";
import { bertText } from "./bert_text.ts";

/** The parts of `tokenizer.json` that are looked at here. */
interface TokenizerJson {
  readonly model: {
    readonly type?: string;
    readonly vocab: Readonly<Record<string, number>>;
    readonly unk_token?: string;
  };
  readonly normalizer:
    | { readonly type?: string; readonly lowercase?: boolean }
    | null;
  readonly added_tokens?: readonly {
    readonly id: number;
    readonly content: string;
  }[];
}

/**
 * Builds the tokenizer that a Hugging Face `tokenizer.json` describes: normalise,
 * split into words and signs, then take the longest vocabulary piece again and
 * again (WordPiece).
 *
 * The names of the special tokens come from `config`, else from the file's own
 * template; truncation and padding written in the file are ignored, because a
 * query or document form decides those.
 *
 * Cost: linear in the text; a word of more than 100 characters is one unknown.
 * Source: `@huggingface/tokenizers` 0.2.0, held against the Rust library.
 * Differs: letters and signs that Unicode added or reclassified since the Rust
 * library's tables (2016) may split otherwise; see the pinned list in the tests.
 *
 * @param tokenizerJson The parsed `tokenizer.json`.
 * @param config The parsed `tokenizer_config.json`, with the entries of
 * `special_tokens_map.json` spread into it where that exists.
 * @returns The tokenizer.
 * @throws {SyntaxError} If the file does not describe a tokenizer.
 *
 * @example Usage
 * ```ts
 * import { bertTokenizer, wordPieceJson } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nlate\ninter\n##action\n";
 * const tokenizer = bertTokenizer(wordPieceJson(vocabulary));
 * assertEquals(tokenizer.encode("Late INTERACTION").map(tokenizer.token), [
 *   "late",
 *   "inter",
 *   "##action",
 * ]);
 * ```
 */
export function bertTokenizer(
  tokenizerJson: unknown,
  config: unknown = {},
): Tokenizer {
  const json = checked(tokenizerJson);
  const settings = isObject(config) ? config : {};
  const pipeline = build(json, settings);
  const size = vocabularySize(json);
  const prepare = bertText(json.normalizer);
  return {
    vocabularySize: size,
    special: specialTokens(json, {
      config: settings,
      id: (token) => pipeline.token_to_id(token),
    }),
    encode: (text) =>
      pipeline.encode(prepare(text), { add_special_tokens: false }).ids,
    token: (id) => {
      const token = pipeline.id_to_token(id);
      if (token === undefined) {
        throw new RangeError(
          `Cannot name token ${id}: expected an id of the vocabulary below ${size}, got ${id}`,
        );
      }
      return token;
    },
    id: (token) => pipeline.token_to_id(token),
  };
}

/** Whether a value is a plain object. */
function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Says what about a `tokenizer.json` is wrong. */
function refuse(expected: string, got: string): SyntaxError {
  return new SyntaxError(
    `Cannot read tokenizer.json: expected ${expected}, got ${got}`,
  );
}

/** A `tokenizer.json` whose vocabulary is known to be sound, with every key present. */
function checked(value: unknown): TokenizerJson {
  if (!isObject(value)) {
    throw refuse("an object", JSON.stringify(value) ?? "undefined");
  }
  const { model, added_tokens = [] } = value;
  if (!isObject(model)) throw refuse('an object under "model"', typeof model);
  const kind = model.type ?? "WordPiece";
  if (kind !== "WordPiece") {
    throw refuse('a model of type "WordPiece"', JSON.stringify(kind));
  }
  if (!isObject(model.vocab)) {
    throw refuse('an object under "model.vocab"', typeof model.vocab);
  }
  if (
    typeof model.unk_token !== "string" ||
    !Object.hasOwn(model.vocab, model.unk_token)
  ) {
    throw refuse(
      '"model.unk_token" in the vocabulary',
      JSON.stringify(model.unk_token) ?? "none",
    );
  }
  if (!Array.isArray(added_tokens)) {
    throw refuse('a list under "added_tokens"', typeof added_tokens);
  }
  checkIds(model.vocab, added_tokens);
  return {
    decoder: null,
    post_processor: null,
    pre_tokenizer: null,
    normalizer: null,
    ...value,
    added_tokens,
  } as unknown as TokenizerJson;
}

/** Refuses ids that are no small whole numbers, and two pieces with one id. */
function checkIds(
  vocab: Record<string, unknown>,
  added: readonly unknown[],
): void {
  const owner = new Map<number, string>();
  const claim = (piece: unknown, id: unknown) => {
    if (typeof piece !== "string") {
      throw refuse("tokens that are strings", JSON.stringify(piece));
    }
    if (!Number.isInteger(id) || (id as number) < 0 || (id as number) > 1e7) {
      throw refuse(
        `a whole number below 10,000,000 for "${piece}"`,
        JSON.stringify(id),
      );
    }
    const other = owner.get(id as number) ?? piece;
    if (other !== piece) {
      throw refuse(`one piece with id ${id}`, `"${other}" and "${piece}"`);
    }
    owner.set(id as number, piece);
  };
  for (const [piece, id] of Object.entries(vocab)) claim(piece, id);
  for (const token of added) {
    if (!isObject(token)) {
      throw refuse('objects under "added_tokens"', JSON.stringify(token));
    }
    claim(token.content, token.id);
  }
}

/** Number of ids: the highest one plus one. */
function vocabularySize(json: TokenizerJson): number {
  let highest = -1;
  for (const id of Object.values(json.model.vocab)) {
    highest = Math.max(highest, id);
  }
  for (const { id } of json.added_tokens ?? []) highest = Math.max(highest, id);
  return highest + 1;
}

/** The package's pipeline; its complaints become ours. */
function build(json: TokenizerJson, config: Record<string, unknown>): Pipeline {
  try {
    return new Pipeline(json, config);
  } catch (error) {
    throw refuse("a pipeline that can be built", (error as Error).message);
  }
}
