import { scalarOf, type Tensor, tf } from "../engine/tensor.ts";
import { averagingWeight, scheduleFreeShare } from "./averaging_weight.ts";
import { eachParameter, nextStep, type StepInputs } from "./each_parameter.ts";
import { freshCopy } from "./fresh_copy.ts";
import type { Optimizer, OptimizerStep } from "./optimizer.ts";
import { copiedMemory, zeroMemory } from "./slot_memory.ts";
import {
  checkedScheduleFree,
  type ScheduleFreeSettings,
} from "./schedule_free_settings.ts";

/** Settings of {@linkcode scheduleFreeSequences}. */
export interface ScheduleFreeSequencesSettings extends ScheduleFreeSettings {
  /** What scales the gradient: Adam's root of mean squares, or nothing. Default `adamw`. */
  readonly base?: "adamw" | "sgd";
  /** Where the decay is taken. Default `y`. */
  readonly decayAt?: "y" | "z";
}

/**
 * Schedule-free optimisation with its three sequences side by side, as the paper
 * writes it: for understanding, for tests, and for the ends of beta.
 *
 *     u = g(y), or g(y) / (sqrt(second / (1 - beta2^t)) + epsilon)
 *     z = z - lr (u + decay y)
 *     x = (1 - c) x + c z
 *     y = (1 - beta1) z + beta1 x
 *
 * `beta1: 0` is Polyak's averaging of plain steps (gradient at `z`), `beta1: 1` primal
 * averaging (gradient at `x`). Between them {@linkcode scheduleFreeAdamW} and
 * {@linkcode scheduleFreeSgd} give the same numbers with one tensor less.
 *
 * Cost: three tensors of memory a parameter, two for `sgd`.
 * Source: Defazio and others 2024, algorithm 1; `AdamWScheduleFreeReference` of
 * schedulefree 1.4.1, the same values.
 *
 * @param settings Base, rates, decay and averaging.
 * @returns The optimiser; the parameters are `y`, the read-out is `x`.
 * @throws {RangeError} If a setting is out of range.
 *
 * @example Usage
 * ```ts
 * import { read, scheduleFreeSequences, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const optimizer = scheduleFreeSequences({ base: "sgd", learningRate: 1, beta1: 0 });
 * const start = { w: tensorOf([0], [1]) };
 * const one = optimizer.step(start, { w: tensorOf([-2], [1]) }, optimizer.init(start));
 * const two = optimizer.step(one.parameters, { w: tensorOf([-2], [1]) }, one.state);
 * const x = optimizer.readout(two.parameters, two.state);
 * // z went to 2 and 4; the read-out is their mean.
 * assertAlmostEquals(read(x["w"]!)[0]!, 3, 1e-12);
 * ```
 */
export function scheduleFreeSequences(
  settings: ScheduleFreeSequencesSettings = {},
): Optimizer {
  const complete = completed(settings);
  const roots = complete.base === "adamw" ? ["second"] : [];
  return {
    name: `schedule-free-${complete.base}`,
    learningRate: (step) => rateAt(complete, step),
    init: (parameters) => ({
      step: 0,
      tensors: {
        ...copiedMemory(parameters, ["x", "z"]),
        ...zeroMemory(parameters, roots),
      },
      numbers: {},
    }),
    step: (parameters, gradients, state) =>
      stepAll({ parameters, gradients, state }, complete),
    readout: (parameters, state) =>
      Object.fromEntries(
        Object.keys(parameters).map((
          name,
        ) => [name, freshCopy(state.tensors[`x/${name}`]!)]),
      ),
  };
}

/** Settings with their defaults, checked. */
function completed(
  settings: ScheduleFreeSequencesSettings,
): Required<ScheduleFreeSequencesSettings> {
  const { base = "adamw", decayAt = "y" } = settings;
  const range = "from 0 to 1";
  const numbers = checkedScheduleFree("schedule-free sequences", settings, {
    range,
  });
  return { ...numbers, base, decayAt };
}

/** The learning rate of a step. */
function rateAt(
  settings: Required<ScheduleFreeSequencesSettings>,
  step: number,
): number {
  return settings.learningRate * scheduleFreeShare(step, settings.warmup);
}

/** One step of all parameters. */
function stepAll(
  inputs: StepInputs,
  settings: Required<ScheduleFreeSequencesSettings>,
): OptimizerStep {
  const { state } = inputs;
  const rate = rateAt(settings, state.step);
  const { mix, numbers } = averagingWeight(state, rate, settings);
  const slots = settings.base === "adamw" ? ["x", "z", "second"] : ["x", "z"];
  const stepped = eachParameter(inputs, slots, (_, given) => {
    const { parameter: y, gradient, memory } = given;
    const result = tf.tidy(() => {
      const second = squares(memory["second"], gradient, settings.beta2);
      const direction = scaled(gradient, second, [state.step, settings]);
      const z = baseStep([y, memory["z"]!, direction], rate, settings);
      const x = between(memory["x"]!, z, mix);
      const next = between(z, x, settings.beta1);
      return { y: next, x, z, ...(second && { second }) };
    });
    tf.dispose({ y, gradient, ...memory });
    const { y: parameter, ...rest } = result;
    return { parameter, memory: rest };
  });
  return nextStep(stepped, state.step, numbers);
}

/** The new mean of squared gradients, where there is one. */
function squares(
  second: Tensor | undefined,
  gradient: Tensor,
  beta2: number,
): Tensor | undefined {
  return second && between(tf.square(gradient), second, beta2);
}

/** The gradient over Adam's root, or as it is. */
function scaled(
  gradient: Tensor,
  second: Tensor | undefined,
  [step, { beta2, epsilon }]: readonly [
    number,
    Required<ScheduleFreeSequencesSettings>,
  ],
): Tensor {
  if (!second) return gradient;
  const root = tf.sqrt(tf.div(second, scalarOf(1 - beta2 ** (step + 1))));
  return tf.div(gradient, tf.add(root, scalarOf(epsilon)));
}

/** The new z. */
function baseStep(
  [y, z, direction]: readonly [Tensor, Tensor, Tensor],
  rate: number,
  { weightDecay, decayAt }: Required<ScheduleFreeSequencesSettings>,
): Tensor {
  const pull = tf.mul(decayAt === "z" ? z : y, scalarOf(weightDecay));
  return tf.sub(z, tf.mul(tf.add(direction, pull), scalarOf(rate)));
}

/** `(1 - share) from + share to`, exact at both ends. */
function between(from: Tensor, to: Tensor, share: number): Tensor {
  return tf.add(
    tf.mul(from, scalarOf(1 - share)),
    tf.mul(to, scalarOf(share)),
  );
}
