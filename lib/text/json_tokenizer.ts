import { bertTokenizer } from "./bert_tokenizer.ts";
import { BEFORE_SPACES } from "./known_words.ts";
import { precompiledCharsmap } from "./precompiled_charsmap.ts";
import type { Tokenizer } from "./tokenizer.ts";
import {
  buildPipeline,
  checkedTokenizer,
  checkIds,
  isObject,
  type Pipeline,
  refuseTokenizer,
  type TokenizerJson,
  tokenizerOf,
} from "./tokenizer_pipeline.ts";
import { unigramModel, type UnigramVocabulary } from "./unigram_model.ts";

/** Sign that Metaspace puts for a space, U+2581. */
const SPACE = "\u2581";

/**
 * Builds the tokenizer that a Hugging Face `tokenizer.json` describes, whichever model
 * it has: WordPiece (BERT), BPE (ModernBERT, RoBERTa) or Unigram (XLM-R, llm-jp), the
 * last with byte fallback where the file says so.
 *
 * Truncation, padding and templates in the file are ignored, because a query or document
 * form decides those.
 *
 * Cost: linear in the text.
 * Source: `@huggingface/tokenizers` 0.2.0, held against the Rust library 0.23; of Unigram
 * the split, the byte fallback, the compiled character map and the cut of Metaspace are
 * our own, because the package has none or another.
 * Differs: letters and signs of newer Unicode versions may split otherwise.
 *
 * @param tokenizerJson The parsed `tokenizer.json`.
 * @param config The parsed `tokenizer_config.json`.
 * @returns The tokenizer.
 * @throws {SyntaxError} If the file does not describe a tokenizer of these kinds.
 *
 * @example Usage
 * ```ts
 * import { jsonTokenizer } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const tokenizer = jsonTokenizer({
 *   pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "always" },
 *   model: {
 *     type: "Unigram",
 *     unk_id: 0,
 *     vocab: [["<unk>", 0], ["▁late", -1], ["r", -2], ["▁", -3]],
 *   },
 * });
 * assertEquals(tokenizer.encode("later x").map(tokenizer.token), ["▁late", "r", "▁", "<unk>"]);
 * ```
 */
export function jsonTokenizer(
  tokenizerJson: unknown,
  config: unknown = {},
): Tokenizer {
  const json = checkedTokenizer(tokenizerJson);
  const settings = isObject(config) ? config : {};
  switch (json.model.type) {
    case "BPE":
      return bpeTokenizer(json, settings);
    case "Unigram":
      return unigramJsonTokenizer(json, settings);
    case undefined:
    case "WordPiece":
      return bertTokenizer(tokenizerJson, config);
    default:
      throw refuseTokenizer(
        'a model of type "WordPiece", "BPE" or "Unigram"',
        JSON.stringify(json.model.type),
      );
  }
}

/** A tokenizer that joins the most frequent pairs; the package's own. */
function bpeTokenizer(
  json: TokenizerJson,
  config: Readonly<Record<string, unknown>>,
): Tokenizer {
  const { vocab, merges } = json.model;
  if (!isObject(vocab)) {
    throw refuseTokenizer('an object under "model.vocab"', typeof vocab);
  }
  if (!Array.isArray(merges)) {
    throw refuseTokenizer('a list under "model.merges"', typeof merges);
  }
  const isPair = (merge: unknown) =>
    typeof merge === "string"
      ? merge.includes(" ")
      : Array.isArray(merge) && merge.length === 2 &&
        merge.every((part) => typeof part === "string");
  const wrong = merges.findIndex((merge) => !isPair(merge));
  if (wrong >= 0) {
    throw refuseTokenizer(`two pieces in merge ${wrong}`, merges[wrong]);
  }
  const size = checkIds(Object.entries(vocab), json.added_tokens);
  const cut = splitsBeforeSpaces(json) ? BEFORE_SPACES : undefined;
  return tokenizerOf(buildPipeline(json, config), { json, config, size, cut });
}

/**
 * Whether words of ASCII begin with the one space before them, as GPT-2's pattern has
 * it, and no token of the file's own reaches over such a place.
 */
function splitsBeforeSpaces(
  { normalizer, pre_tokenizer, added_tokens }: TokenizerJson,
): boolean {
  const isPlain = normalizer === null ||
    isObject(normalizer) && normalizer["type"] === "NFC";
  return isPlain && isObject(pre_tokenizer) &&
    pre_tokenizer["type"] === "ByteLevel" &&
    pre_tokenizer["use_regex"] !== false &&
    added_tokens.every(({ content, rstrip }) =>
      rstrip !== true && !/\S \S/.test(String(content))
    );
}

/** A tokenizer that takes the split of the highest probability. */
function unigramJsonTokenizer(
  json: TokenizerJson,
  config: Readonly<Record<string, unknown>>,
): Tokenizer {
  const vocabulary = unigramVocabulary(json);
  const ids = vocabulary.pieces.map(([piece], id) => [piece, id] as const);
  const size = checkIds(ids, json.added_tokens);
  const pipeline = buildPipeline(json, config);
  const split = unigramModel(vocabulary);
  const model = pipeline.model as unknown as {
    fuse_unk: boolean;
    encode(words: readonly string[]): string[];
  };
  model.fuse_unk = false;
  const cuts = cutsAtSpaces(json.pre_tokenizer);
  model.encode = (words) =>
    words.flatMap((word) => cuts ? word.split(BEFORE_SPACE) : [word])
      .flatMap(split);
  mendNormalizer(pipeline.normalizer);
  const unknown = vocabulary.unknown;
  const unk_token = unknown === undefined ? undefined : ids[unknown]![0];
  const named = { ...json, model: { ...json.model, unk_token } };
  return tokenizerOf(pipeline, { json: named, config, size });
}

/** Where a word is cut before each sign of a space. */
const BEFORE_SPACE = new RegExp(`(?=${SPACE})`, "u");

/** The pieces of a Unigram model, known to be sound. */
function unigramVocabulary({ model }: TokenizerJson): UnigramVocabulary {
  const { vocab, unk_id: unknown, byte_fallback = false } = model;
  if (!Array.isArray(vocab) || vocab.length === 0) {
    throw refuseTokenizer('a list under "model.vocab"', typeof vocab);
  }
  const isEntry = (entry: unknown) =>
    Array.isArray(entry) && typeof entry[0] === "string" &&
    Number.isFinite(entry[1]);
  const wrong = vocab.findIndex((entry) => !isEntry(entry));
  if (wrong >= 0) {
    throw refuseTokenizer(
      `[piece, finite score] at entry ${wrong}`,
      vocab[wrong],
    );
  }
  if (unknown !== undefined && unknown !== null) {
    const fits = Number.isInteger(unknown) && (unknown as number) >= 0 &&
      (unknown as number) < vocab.length;
    if (!fits) {
      throw refuseTokenizer('"model.unk_id" in the vocabulary', unknown);
    }
  }
  return {
    pieces: vocab,
    unknown: (unknown ?? undefined) as number | undefined,
    byteFallback: byte_fallback === true,
  };
}

/** Whether a step of the pipeline is a Metaspace that cuts, as it does by default. */
function cutsAtSpaces(step: unknown): boolean {
  if (!isObject(step)) return false;
  if (step.type === "Sequence" && Array.isArray(step.pretokenizers)) {
    return step.pretokenizers.some(cutsAtSpaces);
  }
  return step.type === "Metaspace" && step.split !== false;
}

/** The steps of a normaliser that are mended; private to the package. */
interface NormalizerStep {
  readonly config?: {
    readonly type?: string;
    readonly precompiled_charsmap?: unknown;
    readonly pattern?: { readonly Regex?: string };
    readonly content?: string;
  };
  readonly normalizers?: Pipeline["normalizer"][];
  normalize(text: string): string;
}

/**
 * Mends two steps of the package's normaliser: the compiled character map, to which it
 * only comes near, and a sign put at the start of lines, which it also puts into the
 * middle of signs beyond U+FFFF.
 */
function mendNormalizer(normalizer: Pipeline["normalizer"]): void {
  const step = normalizer as unknown as NormalizerStep | null;
  step?.normalizers?.forEach(mendNormalizer);
  const { type, precompiled_charsmap, pattern, content = "" } = step?.config ??
    {};
  if (type === "Precompiled") {
    step!.normalize = precompiledCharsmap(precompiled_charsmap);
  }
  if (type === "Replace" && pattern?.Regex === "^") {
    step!.normalize = (text) =>
      content + text.replaceAll(/\n(?=[^])/g, () => `\n${content}`);
  }
}
