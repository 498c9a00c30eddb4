import { scalarOf, type Tensor, tf } from "../engine/tensor.ts";
import { checkNumbers } from "./check_numbers.ts";
import { eachParameter, nextStep, type StepInputs } from "./each_parameter.ts";
import { freshCopies } from "./fresh_copy.ts";
import type { Optimizer, OptimizerStep } from "./optimizer.ts";
import type { Schedule } from "./schedule.ts";
import { zeroMemory } from "./slot_memory.ts";

/** Settings of {@linkcode sgd}. */
export interface SgdSettings {
  /** Step size at the schedule's height, at least 0. Default 0.01. */
  readonly learningRate?: number;
  /** Share of it that each step uses. Default: all of it, always. */
  readonly schedule?: Schedule;
  /** Share of the last direction that is kept, `[0, 1)`. Default 0. */
  readonly momentum?: number;
  /** Whether to look ahead along the momentum. Default false. */
  readonly nesterov?: boolean;
  /** Multiple of the parameter added to its gradient, at least 0. Default 0. */
  readonly weightDecay?: number;
  /** Which parameters decay, by name. Default: all. */
  readonly decays?: (name: string) => boolean;
}

/**
 * Stochastic gradient descent, with or without momentum.
 *
 *     g = gradient + decay parameter
 *     velocity = momentum velocity + g
 *     parameter = parameter - lr velocity            nesterov: lr (g + momentum velocity)
 *
 * The decay is coupled: it enters the velocity, unlike AdamW's.
 *
 * Cost: one tensor of memory a parameter, none without momentum.
 * Source: `torch.optim.SGD` with dampening 0, the same values.
 *
 * @param settings Rates, momentum and decay.
 * @returns The optimiser; its read-out is a copy of the parameters.
 * @throws {RangeError} If a setting is out of range.
 *
 * @example Usage
 * ```ts
 * import { read, sgd, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const optimizer = sgd({ learningRate: 0.1 });
 * const start = { w: tensorOf([1], [1]) };
 * const state = optimizer.init(start);
 * const { parameters } = optimizer.step(start, { w: tensorOf([4], [1]) }, state);
 * assertAlmostEquals(read(parameters["w"]!)[0]!, 0.6, 1e-12);
 * ```
 */
export function sgd(settings: SgdSettings = {}): Optimizer {
  const complete = completed(settings);
  return {
    name: "sgd",
    learningRate: (step) => rateAt(complete, step),
    init: (parameters) => ({
      step: 0,
      tensors: zeroMemory(parameters, slotsOf(complete)),
      numbers: {},
    }),
    step: (parameters, gradients, state) =>
      stepAll({ parameters, gradients, state }, complete),
    readout: (parameters) => freshCopies(parameters),
  };
}

/** Settings with their defaults, checked. */
function completed(settings: SgdSettings): Required<SgdSettings> {
  const { learningRate = 0.01, schedule = () => 1 } = settings;
  const { momentum = 0, nesterov = false } = settings;
  const { weightDecay = 0, decays = () => true } = settings;
  checkNumbers("sgd", {
    learningRate: [learningRate, "at least 0"],
    momentum: [momentum, "from 0 and below 1"],
    weightDecay: [weightDecay, "at least 0"],
  });
  return { learningRate, schedule, momentum, nesterov, weightDecay, decays };
}

/** The learning rate of a step. */
function rateAt(settings: Required<SgdSettings>, step: number): number {
  return settings.learningRate * settings.schedule(step);
}

/** What each parameter has in the state. */
function slotsOf(settings: Required<SgdSettings>): readonly string[] {
  return settings.momentum > 0 ? ["velocity"] : [];
}

/** One step of all parameters. */
function stepAll(
  inputs: StepInputs,
  settings: Required<SgdSettings>,
): OptimizerStep {
  const { momentum, nesterov, weightDecay, decays } = settings;
  const { step } = inputs.state;
  const rate = rateAt(settings, step);
  const stepped = eachParameter(inputs, slotsOf(settings), (name, given) => {
    const [parameter, velocity] = sgdStep(
      [given.parameter, given.gradient, given.memory["velocity"]],
      { rate, momentum, nesterov, decay: decays(name) ? weightDecay : 0 },
    );
    tf.dispose({ ...given });
    return { parameter: parameter!, memory: velocity ? { velocity } : {} };
  });
  return nextStep(stepped, step);
}

/** New parameter and, where there is momentum, new velocity. */
function sgdStep(
  [parameter, gradient, velocity]: readonly [
    Tensor,
    Tensor,
    Tensor | undefined,
  ],
  options: {
    readonly rate: number;
    readonly momentum: number;
    readonly nesterov: boolean;
    readonly decay: number;
  },
): Tensor[] {
  const { rate, momentum, nesterov, decay } = options;
  return tf.tidy(() => {
    const pull = decay === 0
      ? gradient
      : tf.add(gradient, tf.mul(parameter, scalarOf(decay)));
    if (!velocity) return [tf.sub(parameter, tf.mul(pull, scalarOf(rate)))];
    const moved = tf.add(tf.mul(velocity, scalarOf(momentum)), pull);
    const direction = nesterov
      ? tf.add(pull, tf.mul(moved, scalarOf(momentum)))
      : moved;
    return [tf.sub(parameter, tf.mul(direction, scalarOf(rate))), moved];
  });
}
