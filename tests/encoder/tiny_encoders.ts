import { assertEquals, assertLess } from "@std/assert";
import { bertEncoder } from "#lib/encoder/bert_encoder.ts";
import type { CheckpointTensors } from "#lib/encoder/checkpoint_tensor.ts";
import type { Encoder } from "#lib/encoder/encoder.ts";
import { modernBertEncoder } from "#lib/encoder/modern_bert_encoder.ts";
import { useLiteEncoder } from "#lib/encoder/use_lite_encoder.ts";
import {
  read,
  type Tensor,
  tensorOf,
  type valueAndGradients,
} from "#lib/engine/tensor.ts";
import { stream } from "#lib/num/stream.ts";
import { packRows, type TokenRow } from "#lib/text/pack_texts.ts";
import { type Family, products } from "#tests/support/formula_weights.ts";

/** A BERT of two layers that finite differences can walk through. */
export const TINY_BERT = {
  vocab_size: 9,
  hidden_size: 4,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 6,
  max_position_embeddings: 7,
  type_vocab_size: 2,
};

/** A USE-lite of two layers, the first narrower. */
export const TINY_USE = {
  vocab_size: 9,
  embedding_size: 4,
  hidden_size: 6,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 8,
  max_position_embeddings: 7,
};

/** A ModernBERT whose second layer sees one place to each side. */
export const TINY_MODERN = {
  vocab_size: 9,
  hidden_size: 4,
  num_hidden_layers: 2,
  num_attention_heads: 1,
  intermediate_size: 5,
  max_position_embeddings: 7,
  local_attention: 2,
};

/** A head with everything that a layer may have. */
const LAYERS = [
  { dim: 4, bias: true, activation: "gelu", residual: true },
  { dim: 3, activation: "silu", residual: true },
  { dim: 3, activation: "tanh" },
] as const;

/** Every family, tiny. */
export const FAMILIES: readonly (readonly [string, () => Encoder])[] = [
  ["bertEncoder()", () => bertEncoder(TINY_BERT, { dim: 3 })],
  ["useLiteEncoder()", () => useLiteEncoder(TINY_USE, { dim: 3 })],
  ["modernBertEncoder()", () => modernBertEncoder(TINY_MODERN, { dim: 3 })],
  [
    "bertEncoder() of a DistilBERT with a head of three layers",
    () =>
      bertEncoder({ ...TINY_BERT, model_type: "distilbert" }, { head: LAYERS }),
  ],
];

/** Texts of lengths 3, 1, 7, 3 and 2, one with an unattended token, one with two segments. */
export const ROWS: readonly TokenRow[] = [
  { ids: [1, 2, 3], attend: [true, true, false] },
  { ids: [4] },
  { ids: [1, 2, 3, 4, 5, 6, 7] },
  { ids: [8, 2, 1], segment: [0, 1, 1] },
  { ids: [5, 5], keep: [true, false] },
];

/** {@linkcode ROWS}, packed. */
export const PACKED = packRows(ROWS);

/** Random numbers for every parameter of an encoder, gains around 1. */
export function randomValues(
  encoder: Pick<Encoder, "shapes">,
  seed = 1,
): Record<string, Float64Array> {
  return Object.fromEntries(
    Object.entries(encoder.shapes).map(([name, shape]) => {
      const { normal } = stream(seed, name);
      const size = shape.reduce((product, n) => product * n, 1);
      const centre = name.endsWith(".gain") ? 1 : 0;
      return [
        name,
        Float64Array.from({ length: size }, () => centre + 0.4 * normal()),
      ];
    }),
  );
}

/** Tensors of an encoder's parameters on the engine in use. */
export function tensorsOf(
  encoder: Pick<Encoder, "shapes">,
  values: Readonly<Record<string, Float64Array | Float32Array | number[]>>,
): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(encoder.shapes)
      .filter(([name]) => values[name] !== undefined)
      .map(([name, shape]) => [name, tensorOf(values[name]!, shape)]),
  );
}

/** The vectors of one text out of a batch's. */
export function vectorsOf(
  values: Tensor,
  offsets: Int32Array,
  text: number,
): number[] {
  const dim = values.shape[1]!;
  return [
    ...read(values).subarray(offsets[text]! * dim, offsets[text + 1]! * dim),
  ];
}

/** Largest absolute difference of two lists of one length. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  return Array.from(a).reduce(
    (most, value, i) => Math.max(most, Math.abs(value - b[i]!)),
    0,
  );
}

/** The numbers of a checkpoint's tensors, without their shapes. */
export function numbersOf(
  weights: CheckpointTensors,
): Record<string, Float32Array | Float64Array> {
  return Object.fromEntries(
    Object.entries(weights).map(([name, { values }]) => [name, values]),
  );
}

/**
 * Compares a value and the gradients of every parameter with what a fixture holds of
 * them; tolerances of gradients are relative to the norm where that is above 1.
 */
export function assertValueAndGradients(
  got: ReturnType<typeof valueAndGradients>,
  expected: Pick<Family, "value" | "gradients">,
  within: { readonly value: number; readonly gradient: number },
): void {
  assertLess(Math.abs(read(got.value)[0]! - expected.value), within.value);
  const names = Object.keys(expected.gradients).sort();
  assertEquals(Object.keys(got.gradients).sort(), names);
  for (const name of names) {
    const waves = expected.gradients[name]!;
    const apart = distance(products(read(got.gradients[name]!)), [...waves]);
    assertLess(apart, within.gradient * Math.max(1, waves[0]!), name);
  }
}
