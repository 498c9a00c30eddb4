import { attention } from "#lib/engine/ops/attention.ts";
import { dropout } from "#lib/engine/ops/dropout.ts";
import { embedding } from "#lib/engine/ops/embedding.ts";
import { layerNorm } from "#lib/engine/ops/layer_norm.ts";
import { type Activation, linear } from "#lib/engine/ops/linear.ts";
import { logSoftmax } from "#lib/engine/ops/log_softmax.ts";
import { maxSim } from "#lib/engine/ops/max_sim.ts";
import { unitNorm } from "#lib/engine/ops/unit_norm.ts";
import { type Tensor, tf } from "#lib/engine/tensor.ts";
import { productCases, reductionCases } from "./array_cases.ts";
import { type Case, given } from "./case.ts";
import { binaryCases, unaryCases } from "./elementwise_cases.ts";

/** A shape of more numbers than an engine takes for a short array. */
const LONG = [70, 65];

/** Plain functions of one long array. */
const PLAIN: Readonly<Record<string, (x: Tensor) => Tensor | Tensor[]>> = {
  softmax: (x) => tf.softmax(x),
  logSoftmax: (x) => tf.logSoftmax(x),
  transpose: (x) => tf.transpose(x, [1, 0]),
  "transpose of four axes": (x) =>
    tf.tidy(() => tf.transpose(tf.reshape(x, [7, 10, 13, 5]), [2, 0, 3, 1])),
  "slice of columns": (x) => tf.slice(x, [0, 1], [70, 60]),
  "concat of columns": (x) => tf.concat([x, x], 1),
  stack: (x) => tf.stack([x, x]),
  unstack: (x) => tf.unstack(x, 1),
  split: (x) => tf.split(x, 5, 1),
  tile: (x) => tf.tile(x, [2, 2]),
  pad: (x) => tf.pad(x, [[1, 2], [0, 3]]),
  addN: (x) => tf.addN([x, x, x]),
  clipByValue: (x) => tf.clipByValue(x, -1, 1),
  gather: (x) =>
    tf.tidy(() => tf.gather(x, tf.tensor1d([3, 69, 3, 0], "int32"))),
  unsortedSegmentSum: (x) =>
    tf.tidy(() =>
      tf.unsortedSegmentSum(x, tf.range(0, 70, 1, "int32") as tf.Tensor1D, 80)
    ),
  where: (x) =>
    tf.tidy(() => tf.where(tf.greater(tf.range(0, 65), 30), x, tf.neg(x))),
};

/** Forty texts of one to nine tokens, not sorted. */
const OFFSETS = Int32Array.from({ length: 41 }, (_, i) => 5 * i + (i * i) % 5);

/** Tokens of those texts. */
const TOKENS = OFFSETS[40]!;

/** A flag a token; the first token of every text is kept. */
const KEEP = Uint8Array.from(
  { length: TOKENS },
  (_, i) => OFFSETS.includes(i) || i % 3 !== 0 ? 1 : 0,
);

/** Fused operations on more than a handful of tokens. */
const fused: Case[] = [
  ...(["none", "gelu", "relu"] as Activation[]).map((activation): Case => ({
    name: `linear ${activation}, long`,
    inputs: [given(400, [TOKENS, 40]), given(401, [64, 40]), given(402, [64])],
    run: (x, weight, bias) => linear(x!, weight!, { bias, activation }),
  })),
  {
    name: "attention, long",
    inputs: [given(403, [TOKENS, 48])],
    run: (qkv) => attention(qkv!, { offsets: OFFSETS, attend: KEEP, heads: 2 }),
  },
  {
    name: "layerNorm with a residual, long",
    inputs: [
      given(404, [TOKENS, 48]),
      given(405, [48]),
      given(406, [48]),
      given(407, [TOKENS, 48]),
    ],
    run: (x, gain, bias, residual) =>
      layerNorm(x!, gain!, bias!, { residual, epsilon: 1e-12 }),
  },
  {
    name: "unitNorm, long",
    inputs: [given(408, [TOKENS, 48])],
    run: (x) => unitNorm(x!),
  },
  {
    name: "logSoftmax, long",
    inputs: [given(409, [TOKENS, 48])],
    run: (x) => logSoftmax(x!),
  },
  {
    name: "embedding, long",
    inputs: [given(410, [300, 48])],
    run: (table) =>
      embedding(table!, Int32Array.from(KEEP, (_, i) => (i * i) % 300)),
  },
  {
    name: "dropout, long",
    inputs: [given(411, [TOKENS, 48])],
    run: (x) =>
      dropout(x!, {
        rate: 0.1,
        rowKeys: Uint32Array.from(KEEP, (_, i) => i),
        site: 1,
      }),
  },
  ...[undefined, 4].map((ways): Case => ({
    name: `maxSim, long, ${ways ?? "all"} ways`,
    inputs: [given(412, [ways ? 30 : TOKENS, 32]), given(413, [TOKENS, 32])],
    run: (queries, documents) =>
      maxSim(queries!, documents!, {
        queryOffsets: ways
          ? Int32Array.from({ length: 11 }, (_, i) => 3 * i)
          : OFFSETS,
        queryKeep: ways ? new Uint8Array(30).fill(1) : KEEP,
        documentOffsets: OFFSETS,
        documentKeep: KEEP,
        ways,
      }),
  })),
];

/** Long numbers with NaN in the second row. */
const SPOILT = {
  ...given(430, LONG),
  values: given(430, LONG).values.fill(NaN, 70, 72),
};

/** NaN where engines take other ways. */
const notNumbers: Case[] = [
  {
    name: "NaN through long arrays",
    inputs: [SPOILT],
    gradient: "none",
    run: (x) => [
      tf.sum(x!, 1),
      tf.relu(x!),
      tf.maximum(x!, 0),
      tf.softmax(x!),
      tf.exp(x!),
      tf.tanh(x!),
      tf.sigmoid(x!),
    ],
  },
  {
    name: "NaN through max and min of long arrays",
    inputs: [SPOILT],
    gradient: "none",
    run: (x) => [tf.max(x!, 1), tf.min(x!, 0)],
  },
  {
    name: "NaN through maxSim of long arrays",
    inputs: [given(431, LONG), SPOILT],
    gradient: "none",
    run: (queries, documents) =>
      maxSim(queries!, documents!, {
        queryOffsets: Int32Array.of(0, 30, 70),
        documentOffsets: Int32Array.of(0, 1, 2, 40, 70),
        queryKeep: new Uint8Array(70).fill(1),
        documentKeep: new Uint8Array(70).fill(1),
      }),
  },
];

/**
 * The same operations where engines take other ways: on long arrays.
 *
 * Sums of thousands of 32-bit numbers one after another are off by some 1e-6. In the
 * gradient of logSumExp the largest number gets a difference of such sums.
 */
export const longCases: readonly Case[] = [
  ...unaryCases(LONG, "compared"),
  ...binaryCases(
    [[LONG, LONG], [LONG, [65]], [[70, 1, 65], [2, 1]], [LONG, []], [[], LONG]],
    "compared",
  ),
  ...reductionCases(
    [[LONG, undefined, false], [LONG, [1], true], [LONG, [0], false]],
    "compared",
  ),
  ...productCases([[], [3]], [60, 70, 80], "compared"),
  ...Object.entries(PLAIN).map(([name, run]): Case => ({
    name: `${name}, long`,
    inputs: [given(420, LONG)],
    run: (x) => run(x!),
  })),
  ...fused,
].map((one): Case => ({
  ...one,
  gradient: one.gradient === "none" ? "none" : "compared",
  tolerance: one.name.startsWith("logSumExp") ? 1e-4 : 1e-5,
})).concat(notNumbers);
