import { dropout } from "../engine/ops/dropout.ts";
import { dropoutRowKeys } from "../engine/ops/dropout_row_keys.ts";
import { embedding } from "../engine/ops/embedding.ts";
import { unitNorm } from "../engine/ops/unit_norm.ts";
import { type Parameters, type Tensor, tf } from "../engine/tensor.ts";
import { lengths, reorder } from "../text/pack_texts.ts";
import type { PackedTokens } from "../text/packed_tokens.ts";
import { checkParameters, checkTokens } from "./check_inputs.ts";
import type {
  Dropout,
  EncodeOptions,
  Encoder,
  TokenVectors,
} from "./encoder.ts";
import { type HeadLayer, headShapes, runHead } from "./head_layers.ts";

/** Sets features to zero at one place of the model; a place is a number. */
export type Drop = (x: Tensor, site: number) => Tensor;

/** The layers below the head, for texts that lie sorted by length. */
export interface Backbone {
  /** Length of a token state. */
  readonly hidden: number;
  /** Longest text, in tokens. */
  readonly maxTokens: number;
  /** Name and shape of every parameter below the head. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /**
   * Token states of sorted texts.
   *
   * @param tokens The texts.
   * @param parameters Weights by name.
   * @param drop Dropout by place.
   * @returns `[tokens, hidden]`.
   */
  states(tokens: PackedTokens, parameters: Parameters, drop: Drop): Tensor;
}

/** Settings of the head. */
export interface HeadOptions {
  /** Length of a vector, at least 1. Default 128. */
  readonly dim?: number;
  /** The layers. Default: one linear layer to `dim`, without bias. */
  readonly head?: readonly HeadLayer[];
}

/**
 * Puts a head on a backbone, linear unless layers are given:
 *
 *     vector = (W state) / |W state|,   W = head.weight [dim, hidden], no bias
 *
 * Inside, texts are sorted by length so that equal lengths run together, and vectors
 * come back in the given order; no result depends on either.
 *
 * Source: Khattab and Zaharia 2020, section 3.2.
 *
 * @param backbone The layers.
 * @param options Length of a vector, or the layers that make it.
 * @returns The encoder.
 * @throws {RangeError} If a `dim` is not a whole number from 1 to 65,536, or there is
 * no layer.
 *
 * @example Usage
 * ```ts
 * import { embedding, encoderOf, packRows, read, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const encoder = encoderOf({
 *   hidden: 2,
 *   maxTokens: 8,
 *   shapes: { word: [3, 2] },
 *   states: (tokens, { word }) => embedding(word!, tokens.ids),
 * }, { dim: 2 });
 * const vectors = encoder.encode(packRows([{ ids: [2] }]), {
 *   word: tensorOf([1, 0, 0, 1, 0, 5], [3, 2]),
 *   "head.weight": tensorOf([0, 1, 1, 0], [2, 2]),
 * });
 * assertEquals([...read(vectors.values)], [1, 0]);
 * ```
 */
export function encoderOf(
  backbone: Backbone,
  { dim = 128, head: layers = [{ dim }] }: HeadOptions = {},
): Encoder {
  const { hidden, maxTokens } = backbone;
  const shapes = { ...backbone.shapes, ...headShapes(layers, hidden) };
  return {
    dim: layers.at(-1)!.dim,
    hidden,
    maxTokens,
    shapes,
    head: layers,
    encode: (tokens, parameters, options = {}) => {
      checkParameters(parameters, shapes);
      const head = (x: Tensor) => unitNorm(runHead(x, parameters, layers));
      return run(backbone, { tokens, parameters, options, head });
    },
    tokenStates: (tokens, parameters, options = {}) => {
      checkParameters(parameters, backbone.shapes);
      return run(backbone, { tokens, parameters, options, head: (x) => x });
    },
  };
}

/** The layers and what stands on them, in order of length; only the result is kept. */
function run(backbone: Backbone, { tokens, parameters, options, head }: {
  readonly tokens: PackedTokens;
  readonly parameters: Parameters;
  readonly options: EncodeOptions;
  readonly head: (x: Tensor) => Tensor;
}): TokenVectors {
  checkTokens(tokens, { maxTokens: backbone.maxTokens, ...options });
  const values = tf.tidy(() =>
    inLengthOrder(tokens, (sorted, order) => {
      const drop = dropper(sorted, { order, ...options });
      return head(backbone.states(sorted, parameters, drop));
    })
  );
  return { values, offsets: tokens.offsets, keep: tokens.keep };
}

/** Runs on the texts sorted by length, shortest first, and puts the rows back in place. */
function inLengthOrder(
  tokens: PackedTokens,
  run: (sorted: PackedTokens, order: Int32Array) => Tensor,
): Tensor {
  const size = lengths(tokens);
  const order = Int32Array.from(size.keys()).sort((a, b) =>
    size[a]! - size[b]! || a - b
  );
  if (order.every((text, place) => text === place)) return run(tokens, order);
  const sorted = reorder(tokens, order);
  const rows = new Int32Array(tokens.ids.length);
  order.forEach((text, place) => {
    const shift = sorted.offsets[place]! - tokens.offsets[text]!;
    for (let i = tokens.offsets[text]!; i < tokens.offsets[text + 1]!; i++) {
      rows[i] = i + shift;
    }
  });
  return embedding(run(sorted, order), rows);
}

/** Dropout of sorted texts, keyed by their places in the whole batch; or nothing at all. */
function dropper(
  { offsets }: PackedTokens,
  { order, dropout: settings }: {
    readonly order: Int32Array;
    readonly dropout?: Dropout;
  },
): Drop {
  if (settings === undefined || settings.rate === 0) return (x) => x;
  const { rate, key, step } = settings;
  const texts = order.map((text) => settings.texts[text]!);
  const rowKeys = dropoutRowKeys({ key, step, texts, offsets });
  return (x, site) => dropout(x, { rate, rowKeys, site });
}
