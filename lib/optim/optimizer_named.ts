import { nearestName } from "../num/nearest_name.ts";
import { adamw } from "./adamw.ts";
import { clipByGlobalNorm } from "./clip_by_global_norm.ts";
import { decaysWeight } from "./decays_weight.ts";
import type { Optimizer } from "./optimizer.ts";
import { scheduleFreeAdamW } from "./schedule_free_adamw.ts";
import { scheduleFreeSgd } from "./schedule_free_sgd.ts";
import { scheduleNamed } from "./schedule_named.ts";
import { sgd } from "./sgd.ts";
import { warmupSteps } from "./warmup.ts";

/** What a settings file says of the optimiser. */
export interface NamedOptimizerSettings {
  /** Optimisation steps of the whole run, at least 1. */
  readonly steps: number;
  /** Step size. Default: the optimiser's own. */
  readonly learningRate?: number | undefined;
  /** Name of the schedule. Default `linear`; `constant` for schedule-free. */
  readonly schedule?: string | undefined;
  /** Warm-up: whole steps, or below 1 a share of the run. Default 0. */
  readonly warmup?: number | undefined;
  /** Longest gradient, 0 for no clipping. Default 0. */
  readonly clip?: number | undefined;
  /** Decay of weights; biases and gains never decay. Default: the optimiser's own. */
  readonly weightDecay?: number | undefined;
  /** Momentum, or the mean's decay. Default 0.9. */
  readonly beta1?: number | undefined;
  /** Decay of the mean of squares. Default 0.999. */
  readonly beta2?: number | undefined;
  /** Added to the root. Default 1e-8. */
  readonly epsilon?: number | undefined;
}

/** Settings without those that were not given. */
type Given = { readonly [K in keyof NamedOptimizerSettings]?: number };

/** The optimisers that a settings file may name. */
const OPTIMIZERS: Readonly<
  Record<string, (settings: NamedOptimizerSettings, given: Given) => Optimizer>
> = {
  adamw: (settings, given) =>
    adamw({ ...given, schedule: scheduleOf(settings), decays: decaysWeight }),
  "schedule-free-adamw": (settings, given) =>
    scheduleFreeAdamW({
      ...given,
      warmup: freeWarmup(settings, "schedule-free-adamw"),
      decays: decaysWeight,
    }),
  "schedule-free-sgd": (settings, { beta1: beta = 0.9, ...given }) =>
    scheduleFreeSgd({
      ...given,
      beta,
      warmup: freeWarmup(settings, "schedule-free-sgd"),
      decays: decaysWeight,
    }),
  sgd: (settings, { beta1: momentum = 0.9, ...given }) =>
    sgd({
      ...given,
      momentum,
      schedule: scheduleOf(settings),
      decays: decaysWeight,
    }),
};

/** The names that {@linkcode optimizerNamed} knows. */
export const OPTIMIZER_NAMES: readonly string[] = Object.keys(OPTIMIZERS);

/**
 * Makes the optimiser that a settings file names, with its schedule, warm-up,
 * decay groups and clipping.
 *
 * Weight decay leaves out biases and the gains of norms. Schedule-free optimisers
 * take no other schedule than `constant`, and warm up by their own rule.
 *
 * @param name One of {@linkcode OPTIMIZER_NAMES}.
 * @param settings What the file says.
 * @returns The optimiser.
 * @throws {RangeError} If no optimiser has that name, with the nearest that does; or
 * if a setting is out of range.
 *
 * @example Usage
 * ```ts
 * import { optimizerNamed } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const optimizer = optimizerNamed("adamw", { learningRate: 1, steps: 10, warmup: 0.2 });
 * assertEquals([0, 1, 2, 6].map(optimizer.learningRate), [0, 0.5, 1, 0.5]);
 * ```
 */
export function optimizerNamed(
  name: string,
  settings: NamedOptimizerSettings,
): Optimizer {
  if (!Object.hasOwn(OPTIMIZERS, name)) {
    const nearest = nearestName(name, OPTIMIZER_NAMES);
    throw new RangeError(
      `Cannot make an optimizer: expected one of ${
        OPTIMIZER_NAMES.join(", ")
      }, got ${name}${nearest ? ` (did you mean ${nearest}?)` : ""}`,
    );
  }
  const { clip = 0 } = settings;
  const optimizer = OPTIMIZERS[name]!(settings, givenOf(settings));
  return clip === 0
    ? optimizer
    : clipByGlobalNorm(optimizer, { maxNorm: clip });
}

/** The numbers that go to the optimiser as they are. */
function givenOf(settings: NamedOptimizerSettings): Given {
  const { learningRate, weightDecay, beta1, beta2, epsilon } = settings;
  const numbers = { learningRate, weightDecay, beta1, beta2, epsilon };
  return Object.fromEntries(
    Object.entries(numbers).filter(([, value]) => value !== undefined),
  ) as Given;
}

/** The schedule that the settings name. */
function scheduleOf(settings: NamedOptimizerSettings) {
  const { schedule = "linear", steps, warmup = 0 } = settings;
  return scheduleNamed(schedule, { steps, warmup });
}

/** Steps of a schedule-free warm-up; refuses a schedule beside it. */
function freeWarmup(settings: NamedOptimizerSettings, name: string): number {
  const { schedule = "constant", steps, warmup = 0 } = settings;
  if (schedule !== "constant") {
    throw new RangeError(
      `Cannot make ${name}: expected schedule constant, got ${schedule}`,
    );
  }
  return warmupSteps(warmup, steps);
}
