import { attention } from "../engine/ops/attention.ts";
import { embedding } from "../engine/ops/embedding.ts";
import { feedForward } from "../engine/ops/feed_forward.ts";
import { layerNorm } from "../engine/ops/layer_norm.ts";
import { linear } from "../engine/ops/linear.ts";
import { type Parameters, type Tensor, tf } from "../engine/tensor.ts";
import type { PackedTokens } from "../text/packed_tokens.ts";
import { type BertConfig, bertConfig } from "./bert_config.ts";
import type { Encoder } from "./encoder.ts";
import {
  type Backbone,
  type Drop,
  encoderOf,
  type HeadOptions,
} from "./encoder_of.ts";
import { positions, robertaPositions } from "./positions.ts";

/**
 * Makes a BERT, DistilBERT, RoBERTa or XLM-R encoder with a head.
 *
 *     x = LN(word + position + segment)
 *     each layer:  x = LN(x + attention(x)),   x = LN(x + out(gelu(in(x))))
 *     vector = (W x) / |W x|
 *
 * DistilBERT has the same layers without segments. RoBERTa and XLM-R count positions
 * from behind the padding token's id, so that their longest text is that much shorter
 * than their table.
 *
 * Hidden dropout comes after the first norm, after each attention's output and after
 * each feed-forward's output, before the residual is added.
 *
 * Source: Devlin et al. 2019, Sanh et al. 2019, Liu et al. 2019, Conneau et al. 2020;
 * equal to Hugging Face's `BertModel`, `DistilBertModel` and `XLMRobertaModel` with a
 * ColBERT head.
 * Differs: no dropout on attention probabilities; DistilBERT has none behind its
 * attention, here it has; a padding token that stands in a text has a gradient, which
 * PyTorch leaves at zero.
 *
 * @param config A parsed `config.json`, or what `bertConfig` made of it.
 * @param options Length of a vector.
 * @returns The encoder; `shapes` lists its parameters.
 * @throws {RangeError} If the configuration is not one that is offered.
 *
 * @example Usage
 * ```ts
 * import { bertEncoder, packRows, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const encoder = bertEncoder({
 *   vocab_size: 10,
 *   hidden_size: 4,
 *   num_hidden_layers: 1,
 *   num_attention_heads: 2,
 *   intermediate_size: 8,
 * }, { dim: 3 });
 * const parameters = Object.fromEntries(
 *   Object.entries(encoder.shapes).map(([name, shape]) => {
 *     const size = shape.reduce((a, b) => a * b, 1);
 *     return [name, tensorOf(Float64Array.from({ length: size }, (_, i) => Math.sin(i)), shape)];
 *   }),
 * );
 * const vectors = encoder.encode(packRows([{ ids: [1, 2] }, { ids: [3] }]), parameters);
 * assertEquals(vectors.values.shape, [3, 3]);
 * ```
 */
export function bertEncoder(
  config: unknown,
  options: HeadOptions = {},
): Encoder {
  return encoderOf(bertBackbone(bertConfig(config)), options);
}

/**
 * The layers of a BERT, without a head.
 *
 * @param config What `bertConfig` gave.
 * @returns The layers, for `encoderOf` or a cross-encoder.
 */
export function bertBackbone(config: BertConfig): Backbone {
  return {
    hidden: config.hidden_size,
    maxTokens: config.max_position_embeddings - firstPosition(config),
    shapes: bertShapes(config),
    states: (tokens, parameters, drop) => {
      let x = drop(embedded(tokens, parameters, config), 0);
      for (let layer = 0; layer < config.num_hidden_layers; layer++) {
        const input = x;
        // A layer's own tensors are freed at once; what the tape needs it keeps.
        x = tf.tidy(() =>
          bertLayer(input, { tokens, parameters, drop, config, layer })
        );
        input.dispose();
      }
      return x;
    },
  };
}

/** Name and shape of every parameter below the head. */
function bertShapes(config: BertConfig): Record<string, readonly number[]> {
  const { hidden_size: h, intermediate_size: inner } = config;
  const norm = (name: string) =>
    [[`${name}.gain`, [h]], [`${name}.bias`, [h]]] as const;
  const dense = (name: string, shape: readonly [number, number]) =>
    [[`${name}.weight`, shape], [`${name}.bias`, [shape[0]]]] as const;
  const layers = Array.from({ length: config.num_hidden_layers }, (_, n) => [
    ...dense(`layer.${n}.attention.qkv`, [3 * h, h]),
    ...dense(`layer.${n}.attention.output`, [h, h]),
    ...norm(`layer.${n}.attention.norm`),
    ...dense(`layer.${n}.feedforward.in`, [inner, h]),
    ...dense(`layer.${n}.feedforward.out`, [h, inner]),
    ...norm(`layer.${n}.feedforward.norm`),
  ]);
  return Object.fromEntries([
    ["embeddings.word", [config.vocab_size, h]],
    ["embeddings.position", [config.max_position_embeddings, h]],
    ...segmentTable(config),
    ...norm("embeddings.norm"),
    ...layers.flat(),
  ]);
}

/** The segments' table, where there is one. */
function segmentTable(
  { type_vocab_size: segments, hidden_size: h }: BertConfig,
) {
  return segments === 0 ? [] : [["embeddings.segment", [segments, h]]] as const;
}

/** Row of the position table that a text's first token has. */
function firstPosition({ pad_token_id: pad }: BertConfig): number {
  return pad === undefined ? 0 : pad + 1;
}

/** The normed sum of word, position and segment embeddings. */
function embedded(
  { ids, offsets, segment }: PackedTokens,
  parameters: Parameters,
  { pad_token_id: pad, type_vocab_size, layer_norm_eps }: BertConfig,
): Tensor {
  const table = (name: string) => parameters[`embeddings.${name}`]!;
  const places = pad === undefined
    ? positions(offsets)
    : robertaPositions(ids, { offsets, pad });
  const word = embedding(table("word"), ids);
  const position = embedding(table("position"), places);
  const [x, residual] = type_vocab_size === 0 ? [word, position] : [
    tf.add(word, position),
    embedding(table("segment"), Int32Array.from(segment)),
  ];
  return layerNorm(x, table("norm.gain"), table("norm.bias"), {
    residual,
    epsilon: layer_norm_eps,
  });
}

/** One layer: attention, then feed-forward, a norm after each. */
function bertLayer(x: Tensor, { tokens, parameters, drop, config, layer }: {
  readonly tokens: PackedTokens;
  readonly parameters: Parameters;
  readonly drop: Drop;
  readonly config: BertConfig;
  readonly layer: number;
}): Tensor {
  const p = (name: string) => parameters[`layer.${layer}.${name}`]!;
  const norm = (y: Tensor, name: string, residual: Tensor) =>
    layerNorm(y, p(`${name}.gain`), p(`${name}.bias`), {
      residual,
      epsilon: config.layer_norm_eps,
    });
  const dense = (name: string) => ({
    weight: p(`${name}.weight`),
    bias: p(`${name}.bias`),
  });
  const apply = (y: Tensor, name: string) =>
    linear(y, dense(name).weight, dense(name));
  const { offsets, attend } = tokens;
  const qkv = apply(x, "attention.qkv");
  const mixed = attention(qkv, {
    offsets,
    attend,
    heads: config.num_attention_heads,
  });
  const attended = drop(apply(mixed, "attention.output"), 1 + 2 * layer);
  const middle = norm(attended, "attention.norm", x);
  const out = feedForward(middle, {
    inner: dense("feedforward.in"),
    out: dense("feedforward.out"),
    activation: config.hidden_act,
  });
  return norm(drop(out, 2 + 2 * layer), "feedforward.norm", middle);
}
