import { attention } from "#lib/engine/ops/attention.ts";
import { dropout } from "#lib/engine/ops/dropout.ts";
import { layerNorm } from "#lib/engine/ops/layer_norm.ts";
import { linear } from "#lib/engine/ops/linear.ts";
import { logSoftmax } from "#lib/engine/ops/log_softmax.ts";
import { maxSim } from "#lib/engine/ops/max_sim.ts";
import { sumOfSquares } from "#lib/engine/ops/sum_of_squares.ts";
import { unitNorm } from "#lib/engine/ops/unit_norm.ts";
import { scalarOf, tensorOf, tf } from "#lib/engine/tensor.ts";
import { type Case, exactly } from "./case.ts";

/** Two texts of two tokens, all kept. */
const PAIRS = {
  queryOffsets: Int32Array.of(0, 1, 2),
  documentOffsets: Int32Array.of(0, 2, 4),
  queryKeep: Uint8Array.of(1, 1),
  documentKeep: Uint8Array.of(1, 1, 1, 1),
};

/** One NaN in, and everything that depends on it must be NaN, nothing else. */
const notNumbers: Case[] = [
  {
    name: "NaN through sum, mean, max and min",
    inputs: [exactly([1, NaN, 2, 3, 4, 5], [2, 3])],
    gradient: "none",
    run: (x) => [tf.sum(x!, 1), tf.mean(x!, 1), tf.max(x!, 1), tf.min(x!, 1)],
  },
  {
    name: "NaN through maximum, minimum, relu and clipByValue",
    inputs: [exactly([NaN, 1]), exactly([1, 2])],
    gradient: "none",
    run: (x, y) => [
      tf.maximum(x!, y!),
      tf.minimum(x!, y!),
      tf.relu(x!),
      tf.clipByValue(x!, 0, 1),
    ],
  },
  {
    name: "NaN through softmax and logSoftmax",
    inputs: [exactly([NaN, 1, 2, 3], [2, 2])],
    gradient: "none",
    run: (x) => [tf.softmax(x!), logSoftmax(x!)],
  },
  {
    name: "NaN through linear with each activation",
    inputs: [exactly([NaN, 1, 2, 3], [2, 2]), exactly([1, 2, 3, 4], [2, 2])],
    gradient: "none",
    run: (x, weight) => [
      linear(x!, weight!),
      linear(x!, weight!, { activation: "gelu" }),
      linear(x!, weight!, { activation: "relu" }),
    ],
  },
  {
    name: "NaN through attention stays in its text",
    inputs: [exactly([NaN, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2], [4, 3])],
    gradient: "none",
    run: (qkv) =>
      attention(qkv!, {
        offsets: Int32Array.of(0, 2, 4),
        attend: Uint8Array.of(1, 1, 1, 1),
        heads: 1,
      }),
  },
  {
    name: "NaN through layerNorm and unitNorm stays in its row",
    inputs: [exactly([NaN, 1, 2, 4], [2, 2]), exactly([1, 1]), exactly([0, 1])],
    gradient: "none",
    run: (x, gain, bias) => [
      layerNorm(x!, gain!, bias!, { epsilon: 1e-6 }),
      unitNorm(x!),
    ],
  },
  {
    name: "NaN in one document token makes its document's scores NaN",
    inputs: [exactly([1, 2], [2, 1]), exactly([1, NaN, 2, 3], [4, 1])],
    gradient: "none",
    run: (q, d) => maxSim(q!, d!, PAIRS),
  },
  {
    name: "NaN through dropout and sumOfSquares",
    inputs: [exactly([NaN, NaN], [1, 2])],
    gradient: "none",
    run: (x) => [
      dropout(x!, { rate: 0.1, rowKeys: Uint32Array.of(1), site: 0 }),
      scalarOf(sumOfSquares([x!])),
    ],
  },
];

/** Numbers of 1e30 where a result is of ordinary size. */
const large: Case[] = [
  {
    name: "softmax and logSoftmax of 1e30",
    inputs: [exactly([1e30, 1e30, -1e30, 0], [2, 2])],
    run: (x) => [tf.softmax(x!), logSoftmax(x!)],
    gradient: "compared",
  },
  {
    name: "softmax and logSoftmax with minus infinity",
    inputs: [exactly([-Infinity, 1, 2, -Infinity], [2, 2])],
    run: (x) => [tf.softmax(x!), logSoftmax(x!)],
    gradient: "none",
  },
  {
    name: "logSumExp of 1e30",
    inputs: [exactly([1e30, 1, -1e30, 2], [2, 2])],
    run: (x) => tf.tidy(() => tf.logSumExp(x!, 1)),
    gradient: "compared",
  },
  {
    name: "sigmoid, softplus and tanh of 1e30",
    inputs: [exactly([1e30, -1e30, 200, -200])],
    run: (x) => [tf.sigmoid(x!), tf.softplus(x!), tf.tanh(x!)],
    gradient: "compared",
  },
  {
    name: "linear gelu of 1e18 and -1e18",
    inputs: [exactly([1e18, -1e18], [2, 1]), exactly([1], [1, 1])],
    run: (x, weight) => linear(x!, weight!, { activation: "gelu" }),
    gradient: "compared",
  },
  {
    name: "unitNorm of 1e30",
    inputs: [exactly([3e30, 4e30, 3, 4], [2, 2])],
    run: (x) => unitNorm(x!),
    gradient: "compared",
  },
  {
    name: "unitNorm of zeros and of less than epsilon",
    inputs: [exactly([0, 0, 3e-20, 4e-20, 1, 0], [3, 2])],
    run: (x) => unitNorm(x!, { epsilon: 1e-12 }),
    gradient: "compared",
  },
  {
    name: "attention with logits of 1e30",
    inputs: [exactly([1e15, 1e15, 1, -1e15, 2e14, 2], [2, 3])],
    gradient: "compared",
    run: (qkv) =>
      attention(qkv!, {
        offsets: Int32Array.of(0, 2),
        attend: Uint8Array.of(1, 1),
        heads: 1,
      }),
  },
  {
    name: "attention to an unattended key of 1e30",
    inputs: [exactly([1, 1, 1, 1, 1e30, 1e30], [2, 3])],
    gradient: "none",
    run: (qkv) =>
      attention(qkv!, {
        offsets: Int32Array.of(0, 2),
        attend: Uint8Array.of(1, 0),
        heads: 1,
      }),
  },
  {
    name: "layerNorm of a constant row",
    inputs: [
      exactly([5, 5, 5, 1, 2, 3], [2, 3]),
      exactly([1, 1, 1]),
      exactly([0, 1, 2]),
    ],
    gradient: "compared",
    run: (x, gain, bias) => layerNorm(x!, gain!, bias!, { epsilon: 1e-6 }),
  },
  {
    name: "where hides infinity without a NaN in the gradient",
    inputs: [exactly([1, 2, 3])],
    run: (x) =>
      tf.tidy(() =>
        tf.softmax(
          tf.where(tensorOf([1, 0, 1], [3], "bool"), x!, scalarOf(-Infinity)),
        )
      ),
  },
];

/** Where numbers are special, huge or tiny. */
export const extremeCases: readonly Case[] = [...notNumbers, ...large];
