import { attention } from "#lib/engine/ops/attention.ts";
import { adamStep } from "#lib/engine/ops/adam_step.ts";
import { dropout } from "#lib/engine/ops/dropout.ts";
import { dropoutRowKeys } from "#lib/engine/ops/dropout_row_keys.ts";
import { embedding } from "#lib/engine/ops/embedding.ts";
import { feedForward } from "#lib/engine/ops/feed_forward.ts";
import { layerNorm } from "#lib/engine/ops/layer_norm.ts";
import { type Activation, linear } from "#lib/engine/ops/linear.ts";
import { logSoftmax } from "#lib/engine/ops/log_softmax.ts";
import { rotary } from "#lib/engine/ops/rotary.ts";
import { scaleInPlace } from "#lib/engine/ops/scale_in_place.ts";
import { scheduleFreeStep } from "#lib/engine/ops/schedule_free_step.ts";
import { sumOfSquares } from "#lib/engine/ops/sum_of_squares.ts";
import { unitNorm } from "#lib/engine/ops/unit_norm.ts";
import { scalarOf, type Tensor, tf } from "#lib/engine/tensor.ts";
import { awayFromKinks, type Case, given } from "./case.ts";

/** Texts of these lengths, laid end to end. */
function texts(...lengths: number[]): Int32Array {
  let end = 0;
  return Int32Array.from([0, ...lengths.map((length) => end += length)]);
}

/** Linear layers: activation, rows, with or without bias. */
const linears: Case[] = (["none", "gelu", "relu"] as Activation[]).flatMap(
  (activation) =>
    [[1, true], [5, true], [5, false]].map(([rows, biased]): Case => ({
      name: `linear ${activation}, ${rows} rows, ${
        biased ? "bias" : "no bias"
      }`,
      inputs: [
        given(200, [rows as number, 3]),
        given(201, [4, 3]),
        ...(biased ? [given(202, [4])] : []),
      ],
      run: (x, weight, bias) =>
        linear(x!, weight!, { ...(bias && { bias }), activation }),
    })),
);

/** Feed-forward parts: activation, rows, with or without biases and gate. */
const feedForwards: Case[] = (["gelu", "relu"] as const).flatMap(
  (activation) =>
    [[1, true, false], [5, true, true], [5, false, true], [5, false, false]]
      .map(([rows, biased, gated]): Case => ({
        name: `feedForward ${activation}, ${rows} rows, ${
          biased ? "biases" : "no bias"
        }, ${gated ? "gate" : "no gate"}`,
        inputs: [
          given(260, [rows as number, 3]),
          given(261, [6, 3]),
          given(262, [4, 6]),
          ...(gated ? [given(263, [6, 3])] : []),
          ...(biased ? [given(264, [6]), given(265, [4])] : []),
          ...(gated && biased ? [given(266, [6])] : []),
        ],
        run: (x, weight, outWeight, ...rest) => {
          const gate = gated ? rest.shift() : undefined;
          const [bias, outBias, gateBias] = rest;
          return feedForward(x!, {
            inner: { weight: weight!, bias },
            ...(gate && { gate: { weight: gate, bias: gateBias } }),
            out: { weight: outWeight!, bias: outBias },
            activation,
          });
        },
      })),
);

/** Lengths of the texts, flags of the tokens (all where absent). */
const ATTENDED: Readonly<Record<string, readonly [number[], number[]?]>> = {
  "one token": [[1]],
  "one text": [[4]],
  "equal lengths": [[3, 3, 3]],
  "mixed lengths, not sorted": [[2, 5, 1, 2, 2, 5]],
  "mixed lengths, sorted": [[1, 1, 2, 4, 4]],
  "unattended tokens": [[3, 3, 2], [1, 0, 1, 0, 0, 1, 1, 0]],
  "one attended token a text": [[2, 3], [0, 1, 0, 0, 1]],
};

/** Attention on every set of texts, with one and with two heads. */
const attentions: Case[] = Object.entries(ATTENDED).flatMap(([name, texted]) =>
  [1, 2].map((heads): Case => {
    const offsets = texts(...texted[0]);
    const tokens = offsets[offsets.length - 1]!;
    const attend = Uint8Array.from(texted[1] ?? new Array(tokens).fill(1));
    return {
      name: `attention, ${name}, ${heads} heads`,
      inputs: [given(210, [tokens, 12])],
      run: (qkv) => attention(qkv!, { offsets, attend, heads }),
    };
  })
);

/** Local attention: the same texts through narrow windows. */
const windows: Case[] = Object.entries(ATTENDED).flatMap(([name, texted]) =>
  [0, 1, 3].map((window): Case => {
    const offsets = texts(...texted[0]);
    const tokens = offsets[offsets.length - 1]!;
    const attend = Uint8Array.from(texted[1] ?? new Array(tokens).fill(1));
    return {
      name: `attention, ${name}, window ${window}`,
      inputs: [given(211, [tokens, 12])],
      run: (qkv) => attention(qkv!, { offsets, attend, heads: 2, window }),
    };
  })
);

/** Queries and keys turned by their places. */
const turns: Case[] = [1, 2].map((heads): Case => ({
  name: `rotary, ${heads} heads`,
  inputs: [given(212, [5, 24])],
  run: (qkv) =>
    rotary(qkv!, {
      places: Int32Array.of(0, 1, 2, 0, 900),
      heads,
      theta: 10000,
    }),
}));

/** Normalisations of rows. */
const norms: Case[] = [1, 6].flatMap((rows): Case[] => [
  {
    name: `layerNorm, ${rows} rows`,
    inputs: [given(220, [rows, 5]), given(221, [5]), given(222, [5])],
    run: (x, gain, bias) => layerNorm(x!, gain!, bias!, { epsilon: 1e-12 }),
  },
  {
    name: `layerNorm with a residual, ${rows} rows`,
    inputs: [
      given(223, [rows, 5]),
      given(224, [5]),
      given(225, [5]),
      given(226, [rows, 5]),
    ],
    run: (x, gain, bias, residual) =>
      layerNorm(x!, gain!, bias!, { residual, epsilon: 1e-6 }),
  },
  {
    name: `unitNorm, ${rows} rows`,
    inputs: [given(227, [rows, 5])],
    run: (x) => unitNorm(x!),
  },
  {
    name: `logSoftmax, ${rows} rows`,
    inputs: [given(228, [rows, 5])],
    run: (x) => logSoftmax(x!),
  },
]);

/** Keys of seven tokens in two texts. */
const rowKeys = dropoutRowKeys({
  key: 3,
  step: 9,
  texts: Int32Array.of(4, 1),
  offsets: texts(3, 4),
});

/** Dropout and lookups. */
const rows: Case[] = [
  ...[[7, 0.5], [7, 0.1], [6, 0], [1, 0.3]].map(([n, rate]): Case => ({
    name: `dropout of ${rate}, ${n} features`,
    inputs: [given(230, [7, n!])],
    run: (x) => dropout(x!, { rate: rate!, rowKeys, site: 2 }),
  })),
  ...[[0], [3, 3, 0, 5, 3], [5, 4, 3, 2, 1, 0]].map((ids): Case => ({
    name: `embedding of ${ids}`,
    inputs: [given(231, [6, 3])],
    run: (table) => embedding(table!, Int32Array.from(ids)),
  })),
];

/** Runs a step on copies, because it consumes what it is given. */
function consumed(
  names: readonly string[],
  step: (tensors: Record<string, Tensor>) => object,
): Case["run"] {
  return (...inputs) => {
    const copies = inputs.map((x) => tf.tidy(() => tf.add(x, scalarOf(0))));
    const entries = names.map((name, i) => [name, copies[i]!] as const);
    return Object.values(step(Object.fromEntries(entries))) as Tensor[];
  };
}

/** Numbers every step takes. */
const RATES = {
  learningRate: 0.1,
  beta1: 0.9,
  beta2: 0.99,
  epsilon: 1e-8,
  weightDecay: 0.01,
  correction1: 0.19,
  correction2: 0.0199,
};

/** Optimisation steps; the second mean is never negative. */
const steps: Case[] = [[], [5], [3, 4]].flatMap((shape): Case[] => [
  {
    name: `adamStep of [${shape}]`,
    inputs: [240, 241, 242].map((seed) => given(seed, shape)).concat(
      given(243, shape, { low: 0.1 }),
    ),
    gradient: "none",
    run: consumed(
      ["parameter", "gradient", "first", "second"],
      (tensors) => adamStep(tensors as never, RATES),
    ),
  },
  {
    name: `scheduleFreeStep of [${shape}]`,
    inputs: [244, 245, 246].map((seed) => given(seed, shape)).concat(
      given(247, shape, { low: 0.1 }),
    ),
    gradient: "none",
    run: consumed(
      ["y", "gradient", "z", "second"],
      (tensors) => scheduleFreeStep(tensors as never, { ...RATES, mix: 0.3 }),
    ),
  },
  {
    name: `scaleInPlace of [${shape}]`,
    inputs: [given(248, shape)],
    gradient: "none",
    run: consumed(["x"], ({ x }) => ({ y: scaleInPlace(x!, -0.3) })),
  },
  {
    name: `sumOfSquares of [${shape}]`,
    inputs: [given(249, shape), given(250, [2])],
    gradient: "none",
    run: (...x) => scalarOf(sumOfSquares(x)),
  },
]);

/** Every fused operation but MaxSim. */
export const fusedCases: readonly Case[] = [
  ...linears,
  {
    name: "linear relu away from its kink, wide",
    inputs: [awayFromKinks(203, [9, 17]), given(204, [33, 17])],
    run: (x, weight) => linear(x!, weight!, { activation: "relu" }),
  },
  ...feedForwards,
  ...attentions,
  ...windows,
  ...turns,
  ...norms,
  ...rows,
  ...steps,
];
