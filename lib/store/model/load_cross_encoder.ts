import {
  type CrossEncoder,
  crossEncoder,
  readCrossEncoderCheckpoint,
} from "../../encoder/cross_encoder.ts";
import type { PairForm } from "../../text/pair_form.ts";
import type { Tokenizer } from "../../text/tokenizer.ts";
import type { WeightMap } from "../weights/weight_map.ts";
import { scoreActivation } from "./cross_encoder_config.ts";
import { readCrossEncoderFolder } from "./cross_encoder_folder.ts";
import { namingFolder } from "./naming_folder.ts";
import { namingFile } from "./weight_file.ts";

/** A cross-encoder in memory: what a folder holds, ready to score with. */
export interface LoadedCrossEncoder {
  /** The folder it came from. */
  readonly origin: string;
  /**
   * Packed pairs to logits (`score`), or to what sentence-transformers' `CrossEncoder`
   * gives for the folder (`predict`); `shapes` lists every parameter.
   */
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

/**
 * Loads a cross-encoder: Hugging Face's `BertForSequenceClassification`, or that of a
 * DistilBERT, RoBERTa, XLM-R or ModernBERT, with one label, which is what
 * sentence-transformers' cross-encoders of these families and BGE's rerankers are.
 *
 * A pair has at most as many tokens as the model has positions, fewer where
 * `tokenizer_config.json` says so (`model_max_length`). Its separators and segments are
 * those of `tokenizer.json`, else the family's.
 *
 * Source: the MS MARCO cross-encoders of sentence-transformers, of this form; BGE's
 * `bge-reranker-v2-m3` is an XLM-R of it.
 *
 * @param folder The folder: `config.json`, `model.safetensors`, `tokenizer.json`
 * or `vocab.txt`.
 * @returns The cross-encoder.
 * @throws {SyntaxError} If a file is truncated, altered or does not parse.
 * @throws {ShapeError} If a weight is missing or has another shape.
 * @throws {RangeError} If the folder holds another kind of model, more than one label or
 * none said, a configuration is not offered, or a weight is not finite.
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
export function loadCrossEncoder(folder: string): Promise<LoadedCrossEncoder> {
  return namingFolder(folder, () => load(folder));
}

/** Loads the folder; an error may leave its name out. */
async function load(folder: string): Promise<LoadedCrossEncoder> {
  const read = await readCrossEncoderFolder(folder, [1]);
  const { config, tokenizer, tensors } = read;
  const activation = await scoreActivation(folder, config);
  const encoder = crossEncoder(config, { activation });
  const { weights, unused } = namingFile(
    `${folder}/model.safetensors`,
    () => readCrossEncoderCheckpoint(tensors, config),
  );
  return {
    origin: folder,
    encoder,
    tokenizer,
    parameters: weights,
    pairForm: { length: read.longest(encoder.maxTokens, 2), ...read.template },
    unused,
  };
}
