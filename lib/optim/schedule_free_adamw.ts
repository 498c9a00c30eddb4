import { scheduleFreeSteps } from "../engine/ops/schedule_free_step.ts";
import { averagedReadout } from "./averaged_readout.ts";
import { averagingWeight, scheduleFreeShare } from "./averaging_weight.ts";
import { eachGroup, nextStep, type StepInputs } from "./each_parameter.ts";
import type { Optimizer, OptimizerStep } from "./optimizer.ts";
import { copiedMemory, zeroMemory } from "./slot_memory.ts";
import {
  checkedScheduleFree,
  type ScheduleFreeSettings,
} from "./schedule_free_settings.ts";

/** Settings of {@linkcode scheduleFreeAdamW}; the decay is taken at `y`. */
export interface ScheduleFreeAdamWSettings extends ScheduleFreeSettings {
  /** Which parameters decay, by name. Default: all. */
  readonly decays?: (name: string) => boolean;
  /** Where the bias correction stands; see below. Default `library`. */
  readonly form?: "library" | "paper";
}

/** What each parameter has in the state. */
const SLOTS = ["z", "second"];

/**
 * AdamW without a schedule: steps of constant size, and an average in place of
 * a falling learning rate.
 *
 *     u = g(y) / (sqrt(second / (1 - beta2^t)) + epsilon) + decay y
 *     z = z - lr u
 *     x = (1 - c) x + c z,   c = weight / sum of weights
 *     y = (1 - beta1) z + beta1 x
 *
 * The parameters are `y`, where the next gradient is taken; `z` is in the state, and
 * `x` is what `readout` returns: evaluate and save that. It never needs to know the
 * length of the run. The learning rate that fits is 1 to 10 times that of a
 * scheduled AdamW; the warm-up is still needed.
 *
 * `form: "paper"` puts the bias correction on the learning rate,
 * `lr sqrt(1 - beta2^t)`, which leaves epsilon out of it and weights the average
 * by it too.
 *
 * Cost: two tensors of memory a parameter, as AdamW.
 * Source: Defazio and others 2024, algorithm 1. Library form: `AdamWScheduleFree` of
 * schedulefree 1.4.1; paper form: its `AdamWScheduleFreePaper`; same values.
 *
 * @param settings Rates, decay and averaging.
 * @returns The optimiser.
 * @throws {RangeError} If a setting is out of range; for beta1 of 0 or 1 see
 * {@linkcode scheduleFreeSequences}.
 *
 * @example Usage
 * ```ts
 * import { read, scheduleFreeAdamW, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const optimizer = scheduleFreeAdamW({ learningRate: 0.1 });
 * const start = { w: tensorOf([1], [1]) };
 * const stepped = optimizer.step(start, { w: tensorOf([4], [1]) }, optimizer.init(start));
 * const x = optimizer.readout(stepped.parameters, stepped.state);
 * assertAlmostEquals(read(x["w"]!)[0]!, 0.9, 1e-6);
 * ```
 */
export function scheduleFreeAdamW(
  settings: ScheduleFreeAdamWSettings = {},
): Optimizer {
  const complete = completed(settings);
  return {
    name: "schedule-free-adamw",
    learningRate: (step) => rateAt(complete, step),
    init: (parameters) => ({
      step: 0,
      tensors: {
        ...copiedMemory(parameters, ["z"]),
        ...zeroMemory(parameters, ["second"]),
      },
      numbers: {},
    }),
    step: (parameters, gradients, state) =>
      stepAll({ parameters, gradients, state }, complete),
    readout: (parameters, state) =>
      averagedReadout(parameters, state, complete.beta1),
  };
}

/** Settings with their defaults, checked. */
function completed(
  settings: ScheduleFreeAdamWSettings,
): Required<ScheduleFreeAdamWSettings> {
  const { decays = () => true, form = "library" } = settings;
  const range = "between 0 and 1";
  const numbers = checkedScheduleFree("schedule-free-adamw", settings, {
    range,
  });
  return { ...numbers, decays, form };
}

/** The learning rate of a step. */
function rateAt(
  settings: Required<ScheduleFreeAdamWSettings>,
  step: number,
): number {
  const { learningRate, warmup, beta2, form } = settings;
  const share = scheduleFreeShare(step, warmup);
  const correction = form === "paper" ? Math.sqrt(1 - beta2 ** (step + 1)) : 1;
  return learningRate * share * correction;
}

/** One step of all parameters. */
function stepAll(
  inputs: StepInputs,
  settings: Required<ScheduleFreeAdamWSettings>,
): OptimizerStep {
  const { beta1, beta2, epsilon, weightDecay, decays, form } = settings;
  const { state } = inputs;
  const learningRate = rateAt(settings, state.step);
  const { mix, numbers } = averagingWeight(state, learningRate, settings);
  const correction2 = form === "paper" ? 1 : 1 - beta2 ** (state.step + 1);
  const shared = { learningRate, beta1, beta2, epsilon, correction2, mix };
  const stepped = eachGroup(inputs, {
    slots: SLOTS,
    groupOf: (name) => decays(name) ? weightDecay : 0,
    rule: (weightDecay, members) => {
      const given = members.map(({ parameter, gradient, memory }) => ({
        ...{ y: parameter, gradient },
        ...{ z: memory["z"]!, second: memory["second"]! },
      }));
      return scheduleFreeSteps(given, { ...shared, weightDecay })
        .map(({ y, ...rest }) => ({ parameter: y, memory: { ...rest } }));
    },
  });
  return nextStep(stepped, state.step, numbers);
}
