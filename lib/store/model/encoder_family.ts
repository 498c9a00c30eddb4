import {
  readBertCheckpoint,
  writeBertCheckpoint,
} from "../../encoder/bert_checkpoint.ts";
import { bertConfig, type BertType } from "../../encoder/bert_config.ts";
import { bertEncoder } from "../../encoder/bert_encoder.ts";
import type { ReadCheckpoint } from "../../encoder/checkpoint_tensor.ts";
import type { Encoder } from "../../encoder/encoder.ts";
import type { HeadOptions } from "../../encoder/encoder_of.ts";
import {
  readModernBertCheckpoint,
  writeModernBertCheckpoint,
} from "../../encoder/modern_bert_checkpoint.ts";
import { modernBertConfig } from "../../encoder/modern_bert_config.ts";
import { modernBertEncoder } from "../../encoder/modern_bert_encoder.ts";
import {
  readUseLiteCheckpoint,
  writeUseLiteCheckpoint,
} from "../../encoder/use_lite_checkpoint.ts";
import { useLiteConfig } from "../../encoder/use_lite_config.ts";
import { useLiteEncoder } from "../../encoder/use_lite_encoder.ts";
import type { WeightMap } from "../weights/weight_map.ts";
import type { ModelFamily } from "./model.ts";

/** What loading and saving need to know of a kind of encoder. */
export interface EncoderFamily {
  /** Transformers' class, written into a saved `config.json`; absent for none. */
  readonly architecture?: string;
  /**
   * Makes the encoder.
   *
   * @param config The parsed `config.json`.
   * @param options Its head.
   */
  encoder(config: unknown, options: HeadOptions): Encoder;
  /**
   * Takes its weights out of a checkpoint.
   *
   * @param tensors The checkpoint.
   * @param config The parsed `config.json`.
   */
  read(tensors: WeightMap, config: unknown): ReadCheckpoint;
  /**
   * Gives weights the names of a checkpoint.
   *
   * @param weights By our names, without the head.
   */
  write(weights: WeightMap): WeightMap;
}

/** A BERT or one of its descendants. */
function bert(type: BertType, architecture: string): EncoderFamily {
  return {
    architecture,
    encoder: bertEncoder,
    read: (tensors, config) => readBertCheckpoint(tensors, bertConfig(config)),
    write: (weights) => writeBertCheckpoint(weights, type),
  };
}

/** Every kind of encoder that can be loaded, by the `model_type` of its `config.json`. */
export const ENCODER_FAMILIES: Readonly<Record<ModelFamily, EncoderFamily>> = {
  "bert": bert("bert", "BertModel"),
  "distilbert": bert("distilbert", "DistilBertModel"),
  "roberta": bert("roberta", "RobertaModel"),
  "xlm-roberta": bert("xlm-roberta", "XLMRobertaModel"),
  "modernbert": {
    architecture: "ModernBertModel",
    encoder: modernBertEncoder,
    read: (tensors, config) =>
      readModernBertCheckpoint(tensors, modernBertConfig(config)),
    write: writeModernBertCheckpoint,
  },
  "use-lite": {
    encoder: useLiteEncoder,
    read: (tensors, config) =>
      readUseLiteCheckpoint(tensors, useLiteConfig(config)),
    write: writeUseLiteCheckpoint,
  },
};

/**
 * Says which kind of encoder a configuration describes.
 *
 * @param config The parsed `config.json`; without `model_type` it is a BERT's.
 * @param folder Where it lies, for the error.
 * @returns The kind.
 * @throws {RangeError} If the kind is not offered.
 *
 * @example Usage
 * ```ts
 * import { familyOf } from "#lib/mod.ts";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(familyOf({ model_type: "modernbert" }, "a/folder"), "modernbert");
 * assertThrows(() => familyOf({ model_type: "t5" }, "a/folder"), RangeError, 'got "t5"');
 * ```
 */
export function familyOf(
  { model_type: type = "bert" }: Readonly<Record<string, unknown>>,
  folder: string,
): ModelFamily {
  const names = Object.keys(ENCODER_FAMILIES) as ModelFamily[];
  const found = names.find((name) => name === type);
  if (found !== undefined) return found;
  throw new RangeError(
    `Cannot load ${folder}: expected a model_type among "${
      names.join('", "')
    }" in config.json, got ${JSON.stringify(type).slice(0, 60)}`,
  );
}
