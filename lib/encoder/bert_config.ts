import type { Activation } from "../engine/ops/linear.ts";
import {
  checkParameterCount,
  configNumber,
  configObject,
  refuseConfig,
} from "./read_config.ts";

/** What a `config.json` may call a BERT or a descendant of the same layers. */
export type BertType = "bert" | "distilbert" | "roberta" | "xlm-roberta";

/** The fields of a BERT's `config.json` that decide what it computes, by the file's names. */
export interface BertConfig {
  /** Which BERT. Default `bert`. */
  readonly model_type?: BertType;
  /** Length of a token state, a multiple of the heads. */
  readonly hidden_size: number;
  /** Layers. */
  readonly num_hidden_layers: number;
  /** Attention heads of a layer. */
  readonly num_attention_heads: number;
  /** Width of the feed-forward part. */
  readonly intermediate_size: number;
  /** Rows of the position table: the longest text, and RoBERTa's unused first rows. */
  readonly max_position_embeddings: number;
  /** Segments: 2 as a rule, 0 where there is no such table (DistilBERT). */
  readonly type_vocab_size: number;
  /** RoBERTa only: id of the padding token, by which positions are counted. */
  readonly pad_token_id?: number;
  /** Pieces. */
  readonly vocab_size: number;
  /** Added to the variance in layer norms. */
  readonly layer_norm_eps: number;
  /** What the feed-forward part does to its inner values. */
  readonly hidden_act: Exclude<Activation, "none">;
}

/** DistilBERT's own names of fields. */
const DISTILBERT: Readonly<Record<string, string>> = {
  hidden_size: "dim",
  num_hidden_layers: "n_layers",
  num_attention_heads: "n_heads",
  intermediate_size: "hidden_dim",
  hidden_act: "activation",
};

/** The types that are offered. */
const TYPES: readonly BertType[] = [
  "bert",
  "distilbert",
  "roberta",
  "xlm-roberta",
];

/**
 * Reads the `config.json` of a BERT, a DistilBERT, a RoBERTa or an XLM-R, which may be
 * hostile.
 *
 * Absent fields that every BERT shares get the values of Hugging Face: 512 positions,
 * 2 segments, 1e-12, gelu, and 1 as RoBERTa's padding token. DistilBERT's fields may
 * have its names (`dim`, `n_layers`, `n_heads`, `hidden_dim`, `activation`); it has no
 * segments. Other fields are ignored.
 *
 * @param json The parsed file, or what this function made of it.
 * @returns The fields that matter, by BERT's names.
 * @throws {RangeError} If a field is missing, absurd, or asks for something that is not
 * offered: another position embedding, another activation, a decoder.
 *
 * @example Usage
 * ```ts
 * import { bertConfig } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const config = bertConfig({
 *   vocab_size: 30522,
 *   hidden_size: 384,
 *   num_hidden_layers: 6,
 *   num_attention_heads: 12,
 *   intermediate_size: 1536,
 * });
 * assertEquals(config.hidden_act, "gelu");
 * ```
 */
export function bertConfig(json: unknown): BertConfig {
  const fields = configObject(json);
  const type = typeOf(fields);
  const named = (name: string) =>
    type === "distilbert" && !Object.hasOwn(fields, name)
      ? DISTILBERT[name] ?? name
      : name;
  const size = (name: string, most: number, fallback?: number) =>
    configNumber(fields, named(name), {
      least: 1,
      most,
      ...(fallback !== undefined && { fallback }),
    });
  const config: BertConfig = {
    ...(type !== "bert" && { model_type: type }),
    hidden_size: size("hidden_size", 65536),
    num_hidden_layers: size("num_hidden_layers", 1000),
    num_attention_heads: size("num_attention_heads", 65536),
    intermediate_size: size("intermediate_size", 1048576),
    max_position_embeddings: size("max_position_embeddings", 1048576, 512),
    type_vocab_size: type === "distilbert"
      ? 0
      : size("type_vocab_size", 256, 2),
    vocab_size: size("vocab_size", 1e7),
    layer_norm_eps: configNumber(fields, "layer_norm_eps", {
      least: 1e-20,
      most: 1,
      whole: false,
      fallback: 1e-12,
    }),
    hidden_act: activation(fields[named("hidden_act")] ?? "gelu"),
    ...(isRoberta(type) && { pad_token_id: paddingId(fields) }),
  };
  checkOffered(fields);
  checkFits(config);
  return config;
}

/** Which BERT the file describes. */
function typeOf(
  { model_type: type = "bert" }: Readonly<Record<string, unknown>>,
): BertType {
  const found = TYPES.find((name) => name === type);
  if (found !== undefined) return found;
  throw refuseConfig(`model_type "${TYPES.join('", "')}"`, type);
}

/** Whether positions are counted from behind the padding token's id. */
function isRoberta(type: BertType): boolean {
  return type === "roberta" || type === "xlm-roberta";
}

/** The padding token's id, which leaves room for a position. */
function paddingId(fields: Readonly<Record<string, unknown>>): number {
  const { max_position_embeddings: positions = 512 } = fields;
  return configNumber(fields, "pad_token_id", {
    least: 0,
    most: Number(positions) - 2,
    fallback: 1,
  });
}

/** The activation, under our name. */
function activation(name: unknown): BertConfig["hidden_act"] {
  if (name === "gelu" || name === "relu") return name;
  throw refuseConfig('hidden_act "gelu" or "relu"', name);
}

/** Refuses settings that would compute something else. */
function checkOffered(fields: Readonly<Record<string, unknown>>): void {
  const { position_embedding_type: position = "absolute", is_decoder = false } =
    fields;
  if (position !== "absolute") {
    throw refuseConfig('position_embedding_type "absolute"', position);
  }
  if (is_decoder !== false) throw refuseConfig("is_decoder false", is_decoder);
}

/** Refuses sizes that do not fit each other, or nowhere. */
function checkFits(config: BertConfig): void {
  const {
    hidden_size: hidden,
    num_attention_heads: heads,
    intermediate_size: inner,
  } = config;
  if (hidden % heads !== 0) {
    throw refuseConfig(
      `hidden_size a multiple of num_attention_heads ${heads}`,
      hidden,
    );
  }
  const rows = config.vocab_size + config.max_position_embeddings +
    config.type_vocab_size;
  checkParameterCount(
    hidden * (rows + config.num_hidden_layers * (4 * hidden + 2 * inner)),
  );
}
