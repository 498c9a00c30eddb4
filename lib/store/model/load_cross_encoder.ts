import { bertConfig } from "../../encoder/bert_config.ts";
import {
  type CrossEncoder,
  crossEncoder,
  readCrossEncoderCheckpoint,
} from "../../encoder/cross_encoder.ts";
import { configNumber, refuseConfig } from "../../encoder/read_config.ts";
import type { PairForm } from "../../text/pair_form.ts";
import type { Tokenizer } from "../../text/tokenizer.ts";
import { readJsonObject, readTextIfThere } from "../read_json.ts";
import type { WeightMap } from "../weight_map.ts";
import { namingFile, readWeightFile } from "./weight_file.ts";
import { loadTokenizer } from "./load_tokenizer.ts";

/** A cross-encoder in memory: what a folder holds, ready to score with. */
export interface LoadedCrossEncoder {
  /** The folder it came from. */
  readonly origin: string;
  /** Packed pairs to logits; `encoder.shapes` lists every parameter. */
  readonly encoder: CrossEncoder;
  /** Texts to token ids. */
  readonly tokenizer: Tokenizer;
  /** Weights by our names, in plain memory. */
  readonly parameters: WeightMap;
  /** How a query and a document become one text. */
  readonly pairForm: PairForm;
  /** Names of the checkpoint that nobody reads: worth a look, seldom an error. */
  readonly unused: readonly string[];
}

/** Tokens of the shortest pair: two words and three special tokens, RoBERTa's four. */
const SHORTEST_PAIR = { bert: 5, roberta: 6 };

/**
 * Whether a folder says that it holds a cross-encoder: its `config.json` names an
 * architecture that ends in `ForSequenceClassification`.
 *
 * @param folder The model's folder; a folder without the file holds none.
 * @returns Whether it does.
 * @throws {SyntaxError} If the file holds no JSON object.
 *
 * @example Usage
 * ```ts
 * import { isCrossEncoder } from "#lib/mod.ts";
 * import { assert } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * const config = { architectures: ["BertForSequenceClassification"] };
 * await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify(config));
 * assert(await isCrossEncoder(folder));
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function isCrossEncoder(folder: string): Promise<boolean> {
  const path = `${folder}/config.json`;
  if (await readTextIfThere(path) === undefined) return false;
  const { architectures } = await readJsonObject(path);
  return Array.isArray(architectures) &&
    architectures.some((name) => /ForSequenceClassification$/.test(name));
}

/**
 * Loads a cross-encoder: Hugging Face's `BertForSequenceClassification`, or that of a
 * DistilBERT, RoBERTa or XLM-R, with one label, which is what sentence-transformers'
 * cross-encoders of the BERT family and BGE's rerankers are.
 *
 * A pair has at most as many tokens as the model has positions, fewer where
 * `tokenizer_config.json` says so (`model_max_length`).
 *
 * Source: the MS MARCO cross-encoders of sentence-transformers, of this form; BGE's
 * `bge-reranker-v2-m3` is an XLM-R of it.
 *
 * @param folder The folder: `config.json`, `model.safetensors`, `tokenizer.json`
 * or `vocab.txt`.
 * @returns The cross-encoder; its scores are logits, no sigmoid applied.
 * @throws {SyntaxError} If a file is truncated, altered or does not parse.
 * @throws {ShapeError} If a weight is missing or has another shape, as where there
 * is more than one label.
 * @throws {RangeError} If the folder holds another kind of model, a configuration
 * is not offered, or a weight is not finite.
 * @throws {Deno.errors.NotFound} If a file is missing.
 *
 * @example Usage
 * ```ts
 * import { loadCrossEncoder } from "#lib/mod.ts";
 * import { assertRejects } from "@std/assert";
 *
 * await assertRejects(() => loadCrossEncoder("none"), Deno.errors.NotFound, "config.json");
 * ```
 */
export async function loadCrossEncoder(
  folder: string,
): Promise<LoadedCrossEncoder> {
  const config = await readJsonObject(`${folder}/config.json`);
  if (!await isCrossEncoder(folder)) {
    const got = JSON.stringify(config.architectures) ?? "none";
    throw new RangeError(
      `Cannot load ${folder}: expected architectures with a name that ends in ` +
        `ForSequenceClassification in config.json, got ${got.slice(0, 80)}`,
    );
  }
  const sizes = bertConfig(config);
  const isRoberta = sizes.pad_token_id !== undefined;
  if (sizes.type_vocab_size === 1 && !isRoberta) {
    throw refuseConfig("type_vocab_size from 2", sizes.type_vocab_size);
  }
  const { tokenizer, files } = await loadTokenizer(folder);
  const tensors = await readWeightFile(folder);
  const { weights, unused } = namingFile(
    `${folder}/model.safetensors`,
    () => readCrossEncoderCheckpoint(tensors, sizes),
  );
  const encoder = crossEncoder(sizes);
  return {
    origin: folder,
    encoder,
    tokenizer,
    parameters: weights,
    pairForm: {
      length: longestPair(files, {
        positions: encoder.maxTokens,
        shortest: SHORTEST_PAIR[isRoberta ? "roberta" : "bert"],
      }),
      ...(isRoberta && { separators: 2, segments: false }),
    },
    unused,
  };
}

/** Most tokens of a pair: what the tokenizer's configuration says, within the positions. */
function longestPair(
  files: Readonly<Record<string, string>>,
  { positions, shortest }: {
    readonly positions: number;
    readonly shortest: number;
  },
): number {
  const config = JSON.parse(files["tokenizer_config.json"] ?? "{}");
  const asked = configNumber(config, "model_max_length", {
    least: shortest,
    most: Number.MAX_VALUE,
    whole: false,
    fallback: positions,
  });
  const length = Math.min(Math.floor(asked), positions);
  if (length >= shortest) return length;
  throw refuseConfig(
    `max_position_embeddings from ${shortest}`,
    positions,
  );
}
