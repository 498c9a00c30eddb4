import { Tokenizer as Pipeline } from "@huggingface/tokenizers";
import { knownWords } from "./known_words.ts";
import { specialTokens } from "./special_tokens.ts";
import type { Tokenizer } from "./tokenizer.ts";

export type { Pipeline };

/** The parts of a `tokenizer.json` that are looked at here. */
export interface TokenizerJson {
  /** The vocabulary and how words are cut. */
  readonly model: Readonly<Record<string, unknown>>;
  /** Tokens beside the vocabulary's. */
  readonly added_tokens: readonly Readonly<Record<string, unknown>>[];
  /** The other parts of the pipeline, each there, `null` for none. */
  readonly [part: string]: unknown;
}

/**
 * Whether a value is a plain object.
 *
 * @param value Anything.
 * @returns Whether it has fields by name.
 */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Says what about a `tokenizer.json` is wrong.
 *
 * @param expected What should be there.
 * @param got What is; long values are cut.
 * @returns The error to throw.
 */
export function refuseTokenizer(expected: string, got: unknown): SyntaxError {
  const shown = typeof got === "string"
    ? got
    : JSON.stringify(got) ?? "undefined";
  return new SyntaxError(
    `Cannot read tokenizer.json: expected ${expected}, got ${
      shown.slice(0, 120)
    }`,
  );
}

/**
 * Refuses what is no `tokenizer.json`, and fills in the parts that may be absent.
 *
 * @param value The parsed file.
 * @returns The file, with every part.
 * @throws {SyntaxError} If the file, its model or its added tokens are not what they
 * should be.
 */
export function checkedTokenizer(value: unknown): TokenizerJson {
  if (!isObject(value)) throw refuseTokenizer("an object", value);
  const { model, added_tokens = [] } = value;
  if (!isObject(model)) {
    throw refuseTokenizer('an object under "model"', typeof model);
  }
  if (!Array.isArray(added_tokens)) {
    throw refuseTokenizer('a list under "added_tokens"', typeof added_tokens);
  }
  const wrong = added_tokens.find((token) => !isObject(token));
  if (wrong !== undefined) {
    throw refuseTokenizer('objects under "added_tokens"', wrong);
  }
  return {
    decoder: null,
    post_processor: null,
    pre_tokenizer: null,
    normalizer: null,
    ...value,
    model,
    added_tokens,
  };
}

/**
 * Refuses ids that are no small whole numbers, and two pieces with one id.
 *
 * @param vocabulary Pieces and their ids.
 * @param added Tokens beside them; one may be in the vocabulary too.
 * @returns Number of ids: the highest one plus one.
 * @throws {SyntaxError} If an id cannot be; the piece is named.
 */
export function checkIds(
  vocabulary: Iterable<readonly [piece: unknown, id: unknown]>,
  added: TokenizerJson["added_tokens"],
): number {
  const owner = new Map<number, string>();
  let highest = -1;
  const claim = (piece: unknown, id: unknown) => {
    if (typeof piece !== "string") {
      throw refuseTokenizer("tokens that are strings", piece);
    }
    if (!Number.isInteger(id) || (id as number) < 0 || (id as number) > 1e7) {
      throw refuseTokenizer(
        `a whole number below 10,000,000 for "${piece}"`,
        id,
      );
    }
    const other = owner.get(id as number) ?? piece;
    if (other !== piece) {
      throw refuseTokenizer(
        `one piece with id ${id}`,
        `"${other}" and "${piece}"`,
      );
    }
    owner.set(id as number, piece);
    highest = Math.max(highest, id as number);
  };
  for (const [piece, id] of vocabulary) claim(piece, id);
  for (const { content, id } of added) claim(content, id);
  return highest + 1;
}

/**
 * Builds the package's pipeline; its complaints become ours.
 *
 * @param json A checked `tokenizer.json`.
 * @param config The parsed `tokenizer_config.json`.
 * @returns The pipeline.
 * @throws {SyntaxError} If it cannot be built.
 */
export function buildPipeline(
  json: TokenizerJson,
  config: Readonly<Record<string, unknown>>,
): Pipeline {
  try {
    const pipeline = new Pipeline(json, config);
    mendSplit(pipeline.pre_tokenizer, json.pre_tokenizer);
    return pipeline;
  } catch (error) {
    throw refuseTokenizer(
      "a pipeline that can be built",
      (error as Error).message,
    );
  }
}

/** A step that cuts a text; private to the package. */
interface SplitStep {
  readonly tokenizers?: readonly unknown[];
  pre_tokenize_text(text: string): string[];
}

/**
 * Mends the package's cut at white space: of JavaScript's white space U+FEFF is none in
 * Unicode, and U+0085 is missing.
 */
function mendSplit(step: unknown, json: unknown): void {
  if (!isObject(json)) return;
  const { type, pretokenizers } = json;
  const split = step as SplitStep;
  if (type === "WhitespaceSplit") {
    split.pre_tokenize_text = (text) => text.match(/\P{White_Space}+/gu) ?? [];
  }
  if (type === "Sequence" && Array.isArray(pretokenizers)) {
    pretokenizers.forEach((part, i) => mendSplit(split.tokenizers?.[i], part));
  }
}

/**
 * Wraps a pipeline as a tokenizer.
 *
 * @param pipeline What splits.
 * @param options The file and its configuration, the number of ids, what is done to a
 * text first, and where text may be cut, such that one side never matters to the other.
 * @returns The tokenizer.
 * @throws {SyntaxError} If the configuration names a special token that the vocabulary
 * lacks.
 */
export function tokenizerOf(
  pipeline: Pipeline,
  { json, config, size, prepare = (text) => text, cut }: {
    readonly json: TokenizerJson;
    readonly config: Readonly<Record<string, unknown>>;
    readonly size: number;
    readonly prepare?: (text: string) => string;
    readonly cut?: RegExp | undefined;
  },
): Tokenizer {
  const { unk_token } = json.model;
  const encode = (text: string): number[] =>
    pipeline.encode(prepare(text), { add_special_tokens: false }).ids;
  const model = typeof unk_token === "string" ? { unk_token } : {};
  return {
    vocabularySize: size,
    special: specialTokens({ model }, {
      config,
      id: (token) => pipeline.token_to_id(token),
    }),
    encode: cut ? knownWords(encode, cut) : encode,
    token: (id) => {
      const token = pipeline.id_to_token(id);
      if (token !== undefined) return token;
      throw new RangeError(
        `Cannot name token ${id}: expected an id of the vocabulary below ${size}, got ${id}`,
      );
    },
    id: (token) => pipeline.token_to_id(token),
  };
}
