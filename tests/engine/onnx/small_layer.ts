import { adamStep, type AdamTensors } from "#lib/engine/ops/adam_step.ts";
import { attention } from "#lib/engine/ops/attention.ts";
import { dropout } from "#lib/engine/ops/dropout.ts";
import { embedding } from "#lib/engine/ops/embedding.ts";
import { layerNorm } from "#lib/engine/ops/layer_norm.ts";
import { linear } from "#lib/engine/ops/linear.ts";
import { maxSim } from "#lib/engine/ops/max_sim.ts";
import { unitNorm } from "#lib/engine/ops/unit_norm.ts";
import {
  type Parameters,
  type Tensor,
  tensorOf,
  tf,
  valueAndGradients,
} from "#lib/engine/tensor.ts";
import { stream } from "#lib/num/stream.ts";

/** A model of one layer, for tests of whole steps. */
export interface SmallModel {
  /** Width of a token. */
  readonly hidden: number;
  readonly parameters: Parameters;
}

const HEADS = 4;
const WORDS = 50;

/** Random parameters, the same on every engine. */
export function smallModel(hidden: number): SmallModel {
  const numbers = (name: string, shape: number[]) => {
    const random = stream(7, name);
    const size = shape.reduce((product, length) => product * length, 1);
    const values = Array.from({ length: size }, () => random.normal() * 0.1);
    return tensorOf(values, shape);
  };
  const shapes: Record<string, number[]> = {
    words: [WORDS, hidden],
    qkv: [3 * hidden, hidden],
    qkvBias: [3 * hidden],
    wide: [4 * hidden, hidden],
    wideBias: [4 * hidden],
    narrow: [hidden, 4 * hidden],
    gain: [hidden],
    bias: [hidden],
  };
  const parameters = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, numbers(name, shape)]),
  );
  return { hidden, parameters };
}

/** Token vectors of packed texts. */
function encode(p: Parameters, ids: Int32Array, offsets: Int32Array): Tensor {
  const attend = new Uint8Array(ids.length).fill(1);
  const rowKeys = Uint32Array.from(ids, (id, i) => id * 7919 + i);
  const x = embedding(p.words!, ids);
  const qkv = linear(x, p.qkv!, { bias: p.qkvBias! });
  const mixed = attention(qkv, { offsets, attend, heads: HEADS });
  const middle = layerNorm(
    dropout(mixed, { rate: 0.1, rowKeys, site: 0 }),
    p.gain!,
    p.bias!,
    { residual: x, epsilon: 1e-12 },
  );
  const wide = linear(middle, p.wide!, {
    bias: p.wideBias!,
    activation: "gelu",
  });
  return unitNorm(linear(wide, p.narrow!));
}

/** Ids and offsets of texts of these lengths. */
export function packed(lengths: readonly number[]) {
  const offsets = new Int32Array(lengths.length + 1);
  lengths.forEach((length, i) => offsets[i + 1] = offsets[i]! + length);
  const ids = Int32Array.from(
    { length: offsets[lengths.length]! },
    (_, i) => (i * 31) % WORDS,
  );
  return { ids, offsets };
}

/** Sum of squared MaxSim scores of texts against themselves, with gradients. */
export function scoreGradients(
  { parameters }: SmallModel,
  lengths: readonly number[],
) {
  const { ids, offsets } = packed(lengths);
  const keep = new Uint8Array(ids.length).fill(1);
  return valueAndGradients((p) => {
    const tokens = encode(p, ids, offsets);
    const scores = maxSim(tokens, tokens, {
      queryOffsets: offsets,
      documentOffsets: offsets,
      queryKeep: keep,
      documentKeep: keep,
    });
    return tf.sum(tf.square(scores));
  }, parameters);
}

/** One step of AdamW on every parameter; consumes the model and its memory. */
export function stepOf(
  model: SmallModel,
  memory: Record<string, Pick<AdamTensors, "first" | "second">>,
  lengths: readonly number[],
) {
  const { value, gradients } = scoreGradients(model, lengths);
  value.dispose();
  const parameters: Record<string, Tensor> = {};
  const moved: typeof memory = {};
  for (const [name, parameter] of Object.entries(model.parameters)) {
    const { first, second } = memory[name] ??
      { first: tf.zerosLike(parameter), second: tf.zerosLike(parameter) };
    const gradient = gradients[name]!;
    const after = adamStep({ parameter, gradient, first, second }, {
      learningRate: 1e-4,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 0.01,
      correction1: 0.1,
      correction2: 0.001,
    });
    parameters[name] = after.parameter;
    moved[name] = { first: after.first, second: after.second };
  }
  return { model: { ...model, parameters }, memory: moved };
}
