import type { OptimizerState } from "./optimizer.ts";

/** How much each step counts in a schedule-free average. */
export interface AveragingSettings {
  /** Steps of linear warm-up, whole, at least 0. Default 0. */
  readonly warmup?: number;
  /** Power `r` of the step's number in its weight. Default 0. */
  readonly power?: number;
  /** Power of the highest learning rate so far in the weight. Default 2. */
  readonly learningRatePower?: number;
}

/** A schedule-free step's numbers. */
export interface AveragingWeight {
  /** Weight of the new `z` in the average, `c` of the paper, `[0, 1]`. */
  readonly mix: number;
  /** Numbers for the next state. */
  readonly numbers: Readonly<Record<string, number>>;
}

/**
 * The share of the learning rate during a schedule-free warm-up.
 *
 *     share = min(1, (step + 1) / warmup)
 *
 * The first step already moves, unlike in the other schedules.
 *
 * @param step Counted from 0.
 * @param warmup Steps of warm-up.
 * @returns `(0, 1]`.
 */
export function scheduleFreeShare(step: number, warmup: number): number {
  return step < warmup ? (step + 1) / warmup : 1;
}

/**
 * The weight of the newest iterate in a schedule-free average.
 *
 *     w = (step + 1)^power * highest^learningRatePower,   mix = w / sum of all w
 *
 * `highest` is the highest learning rate so far, so that warm-up steps weigh
 * little. With the defaults and no warm-up it is a plain mean, `1 / (step + 1)`.
 *
 * Source: Defazio and others 2024, algorithm 1, in the form of schedulefree 1.4.
 *
 * @param state Steps taken, `weightSum` and `highestRate`.
 * @param learningRate Of this step.
 * @param settings Powers.
 * @returns The mix and the new numbers.
 */
export function averagingWeight(
  state: OptimizerState,
  learningRate: number,
  settings: AveragingSettings,
): AveragingWeight {
  const { power = 0, learningRatePower = 2 } = settings;
  const highestRate = Math.max(learningRate, state.numbers["highestRate"] ?? 0);
  const weight = (state.step + 1) ** power * highestRate ** learningRatePower;
  const weightSum = (state.numbers["weightSum"] ?? 0) + weight;
  const mix = weightSum === 0 ? 0 : weight / weightSum;
  return { mix, numbers: { weightSum, highestRate } };
}
