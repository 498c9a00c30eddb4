import type { AveragingSettings } from "./averaging_weight.ts";
import { checkNumbers } from "./check_numbers.ts";

/** What all schedule-free optimisers are told. */
export interface ScheduleFreeSettings extends AveragingSettings {
  /** Step size after the warm-up, at least 0. Default 0.0025. */
  readonly learningRate?: number;
  /**
   * Share of the average in the point of the gradient. Default 0.9. Between 0 and
   * 1; the three sequences take the ends too.
   */
  readonly beta1?: number;
  /** Decay of the mean of squared gradients, `[0, 1)`. Default 0.999. */
  readonly beta2?: number;
  /** Added to the root, greater than 0. Default 1e-8. */
  readonly epsilon?: number;
  /** Decay, at least 0. Default 0. */
  readonly weightDecay?: number;
}

/**
 * The settings of a schedule-free optimiser with their defaults, checked.
 *
 * @param optimizer Its name, for messages.
 * @param settings As given.
 * @param beta The range of the first beta, and what the user calls it.
 * @returns Every number.
 * @throws {RangeError} If one is out of range, naming the first.
 */
export function checkedScheduleFree(
  optimizer: string,
  settings: ScheduleFreeSettings,
  beta: {
    readonly range: "between 0 and 1" | "from 0 to 1";
    readonly name?: string;
  },
): Required<ScheduleFreeSettings> {
  const { learningRate = 0.0025, warmup = 0, weightDecay = 0 } = settings;
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = settings;
  const { power = 0, learningRatePower = 2 } = settings;
  checkNumbers(optimizer, {
    learningRate: [learningRate, "at least 0"],
    warmup: [warmup, "whole and at least 0"],
    [beta.name ?? "beta1"]: [beta1, beta.range],
    beta2: [beta2, "from 0 and below 1"],
    epsilon: [epsilon, "greater than 0"],
    weightDecay: [weightDecay, "at least 0"],
    power: [power, "at least 0"],
    learningRatePower: [learningRatePower, "at least 0"],
  });
  const rates = { learningRate, warmup, beta1, beta2, epsilon, weightDecay };
  return { ...rates, power, learningRatePower };
}
