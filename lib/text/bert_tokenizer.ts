import { bertText } from "./bert_text.ts";
import { AT_SPACES } from "./known_words.ts";
import type { Tokenizer } from "./tokenizer.ts";
import {
  buildPipeline,
  checkedTokenizer,
  checkIds,
  isObject,
  refuseTokenizer,
  type TokenizerJson,
  tokenizerOf,
} from "./tokenizer_pipeline.ts";

/**
 * Builds the tokenizer that a Hugging Face `tokenizer.json` describes: normalise,
 * split into words and signs, then take the longest vocabulary piece again and
 * again (WordPiece).
 *
 * The names of the special tokens come from `config`, else from the file's own
 * template; truncation and padding written in the file are ignored, because a
 * query or document form decides those.
 *
 * Cost: linear in the text; words that came before are looked up, up to 65,536 of
 * them. A word of more than 100 characters is one unknown.
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
  const json = checkedTokenizer(tokenizerJson);
  const size = checkIds(vocabularyOf(json), json.added_tokens);
  const settings = isObject(config) ? config : {};
  const pipeline = buildPipeline(json, settings);
  const prepare = bertText(json.normalizer);
  const cut = splitsAtSpaces(json) ? AT_SPACES : undefined;
  return tokenizerOf(pipeline, { json, config: settings, size, prepare, cut });
}

/** Whether a file's words end at spaces, and no token of its own holds one. */
function splitsAtSpaces(
  { normalizer, pre_tokenizer, added_tokens }: TokenizerJson,
): boolean {
  const typeOf = (part: unknown) => isObject(part) ? part["type"] : undefined;
  return typeOf(normalizer) === "BertNormalizer" &&
    typeOf(pre_tokenizer) === "BertPreTokenizer" &&
    added_tokens.every(({ content }) => !/\s/.test(String(content)));
}

/** The pieces of a WordPiece model, the unknown one among them. */
function vocabularyOf({ model }: TokenizerJson): [string, unknown][] {
  const { type: kind = "WordPiece", vocab, unk_token: unknown } = model;
  if (kind !== "WordPiece") {
    throw refuseTokenizer('a model of type "WordPiece"', JSON.stringify(kind));
  }
  if (!isObject(vocab)) {
    throw refuseTokenizer('an object under "model.vocab"', typeof vocab);
  }
  if (typeof unknown !== "string" || !Object.hasOwn(vocab, unknown)) {
    throw refuseTokenizer(
      '"model.unk_token" in the vocabulary',
      JSON.stringify(unknown) ?? "none",
    );
  }
  return Object.entries(vocab);
}
