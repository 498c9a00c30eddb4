import { scalarOf, type Tensor, tf } from "../engine/tensor.ts";
import { averagedReadout } from "./averaged_readout.ts";
import {
  type AveragingSettings,
  averagingWeight,
  scheduleFreeShare,
} from "./averaging_weight.ts";
import { eachParameter, nextStep, type StepInputs } from "./each_parameter.ts";
import type { Optimizer, OptimizerStep } from "./optimizer.ts";
import { copiedMemory } from "./slot_memory.ts";
import { checkedScheduleFree } from "./schedule_free_settings.ts";

/** Settings of {@linkcode scheduleFreeSgd}. */
export interface ScheduleFreeSgdSettings extends AveragingSettings {
  /** Step size after the warm-up, at least 0. Default 1. */
  readonly learningRate?: number;
  /** Share of the average in the point of the gradient, between 0 and 1. Default 0.9. */
  readonly beta?: number;
  /** Decay, taken at `y`, at least 0. Default 0. */
  readonly weightDecay?: number;
  /** Which parameters decay, by name. Default: all. */
  readonly decays?: (name: string) => boolean;
}

/**
 * Gradient descent without a schedule: steps of constant size, and an average in
 * place of a falling learning rate.
 *
 *     u = g(y) + decay y
 *     z = z - lr u
 *     x = (1 - c) x + c z,   c = weight / sum of weights
 *     y = (1 - beta) z + beta x
 *
 * The parameters are `y`; `readout` returns `x`. The rate that fits is 10 to 50
 * times that of a scheduled SGD.
 *
 * Cost: one tensor of memory a parameter.
 * Source: Defazio and others 2024, equations 3 to 5; `SGDScheduleFree` of
 * schedulefree 1.4.1, the same values.
 *
 * @param settings Rates, decay and averaging.
 * @returns The optimiser.
 * @throws {RangeError} If a setting is out of range; for beta of 0 or 1 see
 * {@linkcode scheduleFreeSequences}.
 *
 * @example Usage
 * ```ts
 * import { read, scheduleFreeSgd, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const optimizer = scheduleFreeSgd({ learningRate: 0.1 });
 * const start = { w: tensorOf([1], [1]) };
 * const stepped = optimizer.step(start, { w: tensorOf([4], [1]) }, optimizer.init(start));
 * const x = optimizer.readout(stepped.parameters, stepped.state);
 * assertAlmostEquals(read(x["w"]!)[0]!, 0.6, 1e-12);
 * ```
 */
export function scheduleFreeSgd(
  settings: ScheduleFreeSgdSettings = {},
): Optimizer {
  const complete = completed(settings);
  return {
    name: "schedule-free-sgd",
    learningRate: (step) => rateAt(complete, step),
    init: (parameters) => ({
      step: 0,
      tensors: copiedMemory(parameters, ["z"]),
      numbers: {},
    }),
    step: (parameters, gradients, state) =>
      stepAll({ parameters, gradients, state }, complete),
    readout: (parameters, state) =>
      averagedReadout(parameters, state, complete.beta),
  };
}

/** Settings with their defaults, checked. */
function completed(
  settings: ScheduleFreeSgdSettings,
): Required<ScheduleFreeSgdSettings> {
  const { learningRate = 1, beta: beta1 = 0.9, ...rest } = settings;
  const { decays = () => true } = settings;
  const { beta1: beta, ...numbers } = checkedScheduleFree(
    "schedule-free-sgd",
    { ...rest, learningRate, beta1 },
    { range: "between 0 and 1", name: "beta" },
  );
  return { ...numbers, beta, decays };
}

/** The learning rate of a step. */
function rateAt(
  settings: Required<ScheduleFreeSgdSettings>,
  step: number,
): number {
  return settings.learningRate * scheduleFreeShare(step, settings.warmup);
}

/** One step of all parameters. */
function stepAll(
  inputs: StepInputs,
  settings: Required<ScheduleFreeSgdSettings>,
): OptimizerStep {
  const { beta, weightDecay, decays } = settings;
  const { state } = inputs;
  const rate = rateAt(settings, state.step);
  const { mix, numbers } = averagingWeight(state, rate, settings);
  const stepped = eachParameter(inputs, ["z"], (name, given) => {
    const decay = decays(name) ? weightDecay : 0;
    const tensors = [given.parameter, given.gradient, given.memory["z"]!];
    const [y, z] = moved(tensors, { rate, mix, beta, decay });
    tf.dispose(tensors);
    return { parameter: y!, memory: { z: z! } };
  });
  return nextStep(stepped, state.step, numbers);
}

/** New y and z. */
function moved(
  [y, gradient, z]: readonly Tensor[],
  options: {
    readonly rate: number;
    readonly mix: number;
    readonly beta: number;
    readonly decay: number;
  },
): Tensor[] {
  const { rate, mix, beta, decay } = options;
  return tf.tidy(() => {
    const pull = tf.add(gradient!, tf.mul(y!, scalarOf(decay)));
    const nearer = tf.add(y!, tf.mul(tf.sub(z!, y!), scalarOf(mix)));
    const share = scalarOf(rate * (beta * (1 - mix) - 1));
    return [
      tf.add(nearer, tf.mul(pull, share)),
      tf.sub(z!, tf.mul(pull, scalarOf(rate))),
    ];
  });
}
