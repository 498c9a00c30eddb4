import { adamSteps } from "../engine/ops/adam_step.ts";
import { checkNumbers } from "./check_numbers.ts";
import { eachGroup, nextStep, type StepInputs } from "./each_parameter.ts";
import { freshCopies } from "./fresh_copy.ts";
import type { Optimizer, OptimizerStep } from "./optimizer.ts";
import type { Schedule } from "./schedule.ts";
import { zeroMemory } from "./slot_memory.ts";

/** Settings of {@linkcode adamw}. */
export interface AdamWSettings {
  /** Step size at the schedule's height, at least 0. Default 1e-3. */
  readonly learningRate?: number;
  /** Share of it that each step uses. Default: all of it, always. */
  readonly schedule?: Schedule;
  /** Decay of the mean of gradients, `[0, 1)`. Default 0.9. */
  readonly beta1?: number;
  /** Decay of the mean of squared gradients, `[0, 1)`. Default 0.999. */
  readonly beta2?: number;
  /** Added to the root, greater than 0. Default 1e-8. */
  readonly epsilon?: number;
  /** Share of a weight taken off a unit of learning rate, at least 0. Default 0.01. */
  readonly weightDecay?: number;
  /** Which parameters decay, by name. Default: all. */
  readonly decays?: (name: string) => boolean;
}

/** What each parameter has in the state. */
const SLOTS = ["first", "second"];

/**
 * Adam with decoupled weight decay.
 *
 *     first  = beta1 first + (1 - beta1) g          second = beta2 second + (1 - beta2) g^2
 *     parameter = parameter (1 - lr decay)
 *                 - lr (first / (1 - beta1^t)) / (sqrt(second / (1 - beta2^t)) + epsilon)
 *
 * The decay is multiplied by the learning rate, so it follows the schedule, and
 * never enters the means. A gradient of pure rounding still makes steps of the
 * learning rate's size: compare runs by losses, not by parameters.
 *
 * Cost: two tensors of memory a parameter.
 * Source: Loshchilov and Hutter 2019, algorithm 2; `torch.optim.AdamW`, same values.
 *
 * @param settings Rates and decay.
 * @returns The optimiser; its read-out is a copy of the parameters.
 * @throws {RangeError} If a setting is out of range.
 *
 * @example Usage
 * ```ts
 * import { adamw, read, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const optimizer = adamw({ learningRate: 0.1, weightDecay: 0 });
 * const start = { w: tensorOf([1], [1]) };
 * const state = optimizer.init(start);
 * const { parameters } = optimizer.step(start, { w: tensorOf([4], [1]) }, state);
 * assertAlmostEquals(read(parameters["w"]!)[0]!, 0.9, 1e-6);
 * ```
 */
export function adamw(settings: AdamWSettings = {}): Optimizer {
  const complete = completed(settings);
  return {
    name: "adamw",
    learningRate: (step) => rateAt(complete, step),
    init: (parameters) => ({
      step: 0,
      tensors: zeroMemory(parameters, SLOTS),
      numbers: {},
    }),
    step: (parameters, gradients, state) =>
      stepAll({ parameters, gradients, state }, complete),
    readout: (parameters) => freshCopies(parameters),
  };
}

/** Settings with their defaults, checked. */
function completed(settings: AdamWSettings): Required<AdamWSettings> {
  const { learningRate = 1e-3, schedule = () => 1 } = settings;
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = settings;
  const { weightDecay = 0.01, decays = () => true } = settings;
  checkNumbers("adamw", {
    learningRate: [learningRate, "at least 0"],
    beta1: [beta1, "from 0 and below 1"],
    beta2: [beta2, "from 0 and below 1"],
    epsilon: [epsilon, "greater than 0"],
    weightDecay: [weightDecay, "at least 0"],
  });
  const betas = { beta1, beta2, epsilon };
  return { learningRate, schedule, ...betas, weightDecay, decays };
}

/** The learning rate of a step. */
function rateAt(settings: Required<AdamWSettings>, step: number): number {
  return settings.learningRate * settings.schedule(step);
}

/** One step of all parameters. */
function stepAll(
  inputs: StepInputs,
  settings: Required<AdamWSettings>,
): OptimizerStep {
  const { beta1, beta2, epsilon, weightDecay, decays } = settings;
  const { step } = inputs.state;
  const shared = {
    learningRate: rateAt(settings, step),
    beta1,
    beta2,
    epsilon,
    correction1: 1 - beta1 ** (step + 1),
    correction2: 1 - beta2 ** (step + 1),
  };
  const stepped = eachGroup(inputs, {
    slots: SLOTS,
    groupOf: (name) => decays(name) ? weightDecay : 0,
    rule: (weightDecay, members) => {
      const given = members.map(({ parameter, gradient, memory }) => ({
        ...{ parameter, gradient },
        ...{ first: memory["first"]!, second: memory["second"]! },
      }));
      return adamSteps(given, { ...shared, weightDecay })
        .map(({ parameter, ...rest }) => ({ parameter, memory: { ...rest } }));
    },
  });
  return nextStep(stepped, step);
}
