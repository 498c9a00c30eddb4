import { attention } from "../engine/ops/attention.ts";
import { embedding } from "../engine/ops/embedding.ts";
import { feedForward } from "../engine/ops/feed_forward.ts";
import { layerNorm } from "../engine/ops/layer_norm.ts";
import { linear } from "../engine/ops/linear.ts";
import { rotary } from "../engine/ops/rotary.ts";
import {
  type Parameters,
  type Tensor,
  tensorOf,
  tf,
} from "../engine/tensor.ts";
import type { PackedTokens } from "../text/packed_tokens.ts";
import type { Encoder } from "./encoder.ts";
import {
  type Backbone,
  type Drop,
  encoderOf,
  type HeadOptions,
} from "./encoder_of.ts";
import {
  type ModernBertConfig,
  modernBertConfig,
} from "./modern_bert_config.ts";
import { positions } from "./positions.ts";

/**
 * Makes a ModernBERT encoder with a head.
 *
 *     x = LN(word)
 *     each layer:  x = x + attention(LN(x))        (layer 0: attention(x))
 *                  x = x + out(gelu(in(y)) gate(y)),   y = LN(x)
 *     vector = (W LN(x)) / |W LN(x)|
 *
 * Queries and keys are turned by their place (`rotary`). Every third layer sees all
 * tokens, with its own base of the angles; the others see `local_attention` tokens, half
 * on each side. Norms have no bias, linear layers none either, unless the configuration
 * says so.
 *
 * Hidden dropout comes after the first norm, after each attention's output and after
 * each feed-forward's output, before the residual is added.
 *
 * Source: Warner et al. 2024; equal to transformers' `ModernBertModel` with a ColBERT head.
 * Differs: ModernBERT's own dropout is 0 everywhere by default, and inside the
 * feed-forward part where it is not; rotary angles are of 64 bits, not 32.
 *
 * @param config A parsed `config.json`, or what `modernBertConfig` made of it.
 * @param options Length of a vector, or the layers that make it.
 * @returns The encoder; `shapes` lists its parameters.
 * @throws {RangeError} If the configuration is not one that is offered.
 *
 * @example Usage
 * ```ts
 * import { modernBertEncoder, packRows, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const encoder = modernBertEncoder({
 *   vocab_size: 10,
 *   hidden_size: 4,
 *   num_hidden_layers: 2,
 *   num_attention_heads: 1,
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
export function modernBertEncoder(
  config: unknown,
  options: HeadOptions = {},
): Encoder {
  return encoderOf(modernBertBackbone(modernBertConfig(config)), options);
}

/**
 * The layers of a ModernBERT, without a head.
 *
 * @param config What `modernBertConfig` gave.
 * @returns The layers, for `encoderOf`.
 */
export function modernBertBackbone(config: ModernBertConfig): Backbone {
  return {
    hidden: config.hidden_size,
    maxTokens: config.max_position_embeddings,
    shapes: modernBertShapes(config),
    states: (tokens, parameters, drop) => {
      const norm = normOf(parameters, config);
      const word = embedding(parameters["embeddings.word"]!, tokens.ids);
      let x = drop(norm(word, "embeddings.norm"), 0);
      const places = positions(tokens.offsets);
      for (let layer = 0; layer < config.layer_types.length; layer++) {
        const input = x;
        // A layer's own tensors are freed at once; what the tape needs it keeps.
        x = tf.tidy(() =>
          modernBertLayer(input, {
            tokens,
            parameters,
            drop,
            config,
            layer,
            places,
          })
        );
        input.dispose();
      }
      return norm(x, "final.norm");
    },
  };
}

/** Name and shape of every parameter below the head. */
function modernBertShapes(
  config: ModernBertConfig,
): Record<string, readonly number[]> {
  const { hidden_size: h, intermediate_size: inner } = config;
  const norm = (name: string) => [
    [`${name}.gain`, [h]],
    ...(config.norm_bias ? [[`${name}.bias`, [h]]] : []),
  ];
  const dense = (
    name: string,
    shape: readonly [number, number],
    biased: boolean,
  ) => [
    [`${name}.weight`, shape],
    ...(biased ? [[`${name}.bias`, [shape[0]]]] : []),
  ];
  const layers = config.layer_types.map((_, n) => [
    ...(n === 0 ? [] : norm(`layer.${n}.attention.norm`)),
    ...dense(`layer.${n}.attention.qkv`, [3 * h, h], config.attention_bias),
    ...dense(`layer.${n}.attention.output`, [h, h], config.attention_bias),
    ...norm(`layer.${n}.feedforward.norm`),
    ...dense(`layer.${n}.feedforward.in`, [inner, h], config.mlp_bias),
    ...dense(`layer.${n}.feedforward.gate`, [inner, h], config.mlp_bias),
    ...dense(`layer.${n}.feedforward.out`, [h, inner], config.mlp_bias),
  ]);
  return Object.fromEntries([
    ["embeddings.word", [config.vocab_size, h]],
    ...norm("embeddings.norm"),
    ...layers.flat(),
    ...norm("final.norm"),
  ]);
}

/** Layer norms by name; where there is no bias, one of zeros. */
function normOf(
  parameters: Parameters,
  { hidden_size: h, norm_eps: epsilon }: ModernBertConfig,
): (x: Tensor, name: string) => Tensor {
  return (x, name) => {
    const bias = parameters[`${name}.bias`] ??
      tensorOf(new Float32Array(h), [h]);
    return layerNorm(x, parameters[`${name}.gain`]!, bias, { epsilon });
  };
}

/** One layer: attention, then the gated feed-forward, a norm before each. */
function modernBertLayer(
  x: Tensor,
  { tokens, parameters, drop, config, layer, places }: {
    readonly tokens: PackedTokens;
    readonly parameters: Parameters;
    readonly drop: Drop;
    readonly config: ModernBertConfig;
    readonly layer: number;
    readonly places: Int32Array;
  },
): Tensor {
  const norm = normOf(parameters, config);
  const dense = (part: string) => ({
    weight: parameters[`layer.${layer}.${part}.weight`]!,
    bias: parameters[`layer.${layer}.${part}.bias`],
  });
  const apply = (y: Tensor, part: string) =>
    linear(y, dense(part).weight, dense(part));
  const type = config.layer_types[layer]!;
  const heads = config.num_attention_heads;
  const theta = config.rope_parameters[type].rope_theta;
  const { offsets, attend } = tokens;
  const input = layer === 0 ? x : norm(x, `layer.${layer}.attention.norm`);
  const qkv = rotary(apply(input, "attention.qkv"), { places, heads, theta });
  const mixed = attention(qkv, {
    offsets,
    attend,
    heads,
    ...(type === "sliding_attention" && {
      window: Math.floor(config.local_attention / 2),
    }),
  });
  const attended = drop(apply(mixed, "attention.output"), 1 + 2 * layer);
  const middle = tf.add(x, attended);
  const y = norm(middle, `layer.${layer}.feedforward.norm`);
  const out = feedForward(y, {
    inner: dense("feedforward.in"),
    gate: dense("feedforward.gate"),
    out: dense("feedforward.out"),
    activation: config.hidden_activation,
  });
  return tf.add(middle, drop(out, 2 + 2 * layer));
}
