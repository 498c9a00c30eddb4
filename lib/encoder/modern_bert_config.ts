import {
  checkParameterCount,
  configNumber,
  configObject,
  refuseConfig,
} from "./read_config.ts";

/** How far the tokens of a layer see. */
export type ModernBertLayer = "full_attention" | "sliding_attention";

/** The fields of a ModernBERT's `config.json` that decide what it computes. */
export interface ModernBertConfig {
  /** Always `modernbert`. */
  readonly model_type: "modernbert";
  /** Pieces. */
  readonly vocab_size: number;
  /** Length of a token state, an even multiple of the heads. */
  readonly hidden_size: number;
  /** Width of the feed-forward part, of its gate as well. */
  readonly intermediate_size: number;
  /** Attention heads of a layer. */
  readonly num_attention_heads: number;
  /** Longest text, in tokens. */
  readonly max_position_embeddings: number;
  /** Added to the variance in layer norms. */
  readonly norm_eps: number;
  /** Whether layer norms have biases; as a rule they have none. */
  readonly norm_bias: boolean;
  /** Whether attention's linear layers have biases; as a rule they have none. */
  readonly attention_bias: boolean;
  /** Whether the feed-forward layers have biases; as a rule they have none. */
  readonly mlp_bias: boolean;
  /** What the feed-forward part does to its inner values. */
  readonly hidden_activation: "gelu" | "relu";
  /** Which tokens each layer sees, `[layers]`. */
  readonly layer_types: readonly ModernBertLayer[];
  /** Tokens in the window of a sliding layer; half of it, rounded down, on each side. */
  readonly local_attention: number;
  /** Base of the rotary angles by kind of layer. */
  readonly rope_parameters: Readonly<
    Record<
      ModernBertLayer,
      { readonly rope_type: "default"; readonly rope_theta: number }
    >
  >;
  /** Cross-encoder only: whether the first token's state is scored, or the mean of all. */
  readonly classifier_pooling: "cls" | "mean";
  /** Cross-encoder only: whether the layer below the classifier has a bias. */
  readonly classifier_bias: boolean;
  /** Cross-encoder only: what that layer does to its sum. */
  readonly classifier_activation: "gelu" | "relu";
}

/**
 * Reads a ModernBERT's `config.json`, which may be hostile, in its old form
 * (`global_attn_every_n_layers`, `global_rope_theta`, `local_rope_theta`) and in the new
 * (`layer_types`, `rope_parameters`).
 *
 * Absent fields other than the sizes have Hugging Face's defaults: every third layer
 * sees all tokens, the others 128; bases 160,000 and 10,000; no biases; 8,192 positions;
 * a classifier on the first token's state.
 *
 * Source: transformers 5.23, `configuration_modernbert.py`; Warner et al. 2024.
 *
 * @param json The parsed file, or what this function made of it.
 * @returns The fields that matter, in the new form.
 * @throws {RangeError} If a field is missing, absurd, or asks for something that is not
 * offered: another activation, scaled rotary angles, a decoder.
 *
 * @example Usage
 * ```ts
 * import { modernBertConfig } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const config = modernBertConfig({
 *   vocab_size: 50368,
 *   hidden_size: 768,
 *   intermediate_size: 1152,
 *   num_hidden_layers: 4,
 *   num_attention_heads: 12,
 * });
 * assertEquals(config.layer_types.indexOf("full_attention", 1), 3);
 * assertEquals(config.rope_parameters.full_attention.rope_theta, 160000);
 * ```
 */
export function modernBertConfig(json: unknown): ModernBertConfig {
  const fields = configObject(json);
  const { model_type: type = "modernbert" } = fields;
  if (type !== "modernbert") {
    throw refuseConfig('model_type "modernbert"', type);
  }
  const size = (name: string, most: number, fallback?: number) =>
    configNumber(fields, name, {
      least: 1,
      most,
      ...(fallback !== undefined && { fallback }),
    });
  const config: ModernBertConfig = {
    model_type: type,
    vocab_size: size("vocab_size", 1e7),
    hidden_size: size("hidden_size", 65536),
    intermediate_size: size("intermediate_size", 1048576),
    num_attention_heads: size("num_attention_heads", 65536),
    max_position_embeddings: size("max_position_embeddings", 1048576, 8192),
    norm_eps: configNumber(fields, "norm_eps", {
      least: 1e-20,
      most: 1,
      whole: false,
      fallback: 1e-5,
    }),
    norm_bias: flag(fields, "norm_bias"),
    attention_bias: flag(fields, "attention_bias"),
    mlp_bias: flag(fields, "mlp_bias"),
    hidden_activation: oneOf(fields, "hidden_activation", ["gelu", "relu"]),
    layer_types: layerTypes(fields),
    local_attention: size("local_attention", 1048576, 128),
    rope_parameters: {
      full_attention: rope(fields, "full_attention"),
      sliding_attention: rope(fields, "sliding_attention"),
    },
    classifier_pooling: oneOf(fields, "classifier_pooling", ["cls", "mean"]),
    classifier_bias: flag(fields, "classifier_bias"),
    classifier_activation: oneOf(fields, "classifier_activation", [
      "gelu",
      "relu",
    ]),
  };
  checkFits(config);
  return config;
}

/** A yes or no, no by default. */
function flag(
  fields: Readonly<Record<string, unknown>>,
  name: string,
): boolean {
  const value = fields[name] ?? false;
  if (typeof value === "boolean") return value;
  throw refuseConfig(`${name} true or false`, value);
}

/** One of two words, the first by default. */
function oneOf<Word extends string>(
  fields: Readonly<Record<string, unknown>>,
  name: string,
  [usual, other]: readonly [Word, Word],
): Word {
  const value = fields[name] ?? usual;
  if (value === usual || value === other) return value as Word;
  throw refuseConfig(`${name} "${usual}" or "${other}"`, value);
}

/** What each layer sees: as listed, else all tokens in every third. */
function layerTypes(
  fields: Readonly<Record<string, unknown>>,
): readonly ModernBertLayer[] {
  const { layer_types: listed } = fields;
  const most = { least: 1, most: 1000 };
  if (listed === undefined || listed === null) {
    const layers = configNumber(fields, "num_hidden_layers", most);
    const every = configNumber(fields, "global_attn_every_n_layers", {
      ...most,
      fallback: 3,
    });
    return Array.from(
      { length: layers },
      (_, n) => n % every === 0 ? "full_attention" : "sliding_attention",
    );
  }
  const fits = Array.isArray(listed) && listed.length >= 1 &&
    listed.length <= 1000 &&
    listed.every((type) =>
      type === "full_attention" || type === "sliding_attention"
    );
  if (!fits) {
    throw refuseConfig(
      'layer_types a list of "full_attention" and "sliding_attention"',
      listed,
    );
  }
  const { num_hidden_layers: layers = listed.length } = fields;
  if (layers !== listed.length) {
    throw refuseConfig(`layer_types of ${layers} layers`, listed.length);
  }
  return listed;
}

/** Base of the angles: the new field, else the old one, else the default. */
function rope(
  fields: Readonly<Record<string, unknown>>,
  type: ModernBertLayer,
): { readonly rope_type: "default"; readonly rope_theta: number } {
  const isFull = type === "full_attention";
  const byType = configObject(fields.rope_parameters ?? {});
  const own = configObject(byType[type] ?? {});
  const scaling = configObject(fields.rope_scaling ?? {});
  const { rope_type: kind = scaling.rope_type ?? "default" } = own;
  if (kind !== "default") throw refuseConfig('rope_type "default"', kind);
  const old = isFull ? "global_rope_theta" : "local_rope_theta";
  const base = { least: 1, most: 1e12, whole: false };
  if (Object.hasOwn(own, "rope_theta")) {
    return {
      rope_type: kind,
      rope_theta: configNumber(own, "rope_theta", base),
    };
  }
  // In transformers 4 a local base of null meant the global one.
  if (!isFull && fields[old] === null) return rope(fields, "full_attention");
  const fallback = isFull ? 160_000 : 10_000;
  return {
    rope_type: kind,
    rope_theta: configNumber(fields, old, { ...base, fallback }),
  };
}

/** Refuses sizes that do not fit each other, or nowhere. */
function checkFits(config: ModernBertConfig): void {
  const { hidden_size: h, num_attention_heads: heads } = config;
  if (h % (2 * heads) !== 0) {
    throw refuseConfig(
      `hidden_size an even multiple of num_attention_heads ${heads}`,
      h,
    );
  }
  const layer = 4 * h + 3 * config.intermediate_size;
  checkParameterCount(
    h * (config.vocab_size + config.layer_types.length * layer),
  );
}
