import { checkFloor } from "./cosine_schedule.ts";
import type { Schedule, ScheduleSettings } from "./schedule.ts";
import { checkSteps, warmupSteps } from "./warmup.ts";

/** Settings of {@linkcode warmupStableDecay}. */
export interface WarmupStableDecaySettings extends ScheduleSettings {
  /** Length of the decay: whole steps, or a share of `steps`. Default 0.1. */
  readonly decay?: number;
  /** How it falls. Default `linear`. */
  readonly shape?: "linear" | "cosine" | "1-sqrt";
  /** Share of the learning rate at both ends, `[0, 1]`. Default 0. */
  readonly floor?: number;
}

/** What is left of the height after a share of the decay. */
const FALL = {
  linear: (progress: number) => 1 - progress,
  cosine: (progress: number) => 0.5 * (1 + Math.cos(Math.PI * progress)),
  "1-sqrt": (progress: number) => 1 - Math.sqrt(progress),
} as const;

/**
 * Warm-up, a long constant part, and a short decay at the end.
 *
 *     share = floor + (1 - floor) step / warmup            while step < warmup
 *     share = 1                                            until steps - decay
 *     share = floor + (1 - floor) fall(progress)           during the decay
 *     share = floor                                        from step `steps` on
 *
 * The constant part has no end built in: a run may be branched from any of its
 * checkpoints and decayed.
 *
 * Range: `[0, 1]`.
 * Source: Hu and others 2024 (MiniCPM), section 4; values of transformers'
 * `get_wsd_schedule` with a linear warm-up.
 * Differs: the decay is linear unless told, there it is a cosine.
 *
 * @param settings Steps of the run, warm-up, decay, shape and floor.
 * @returns The schedule.
 * @throws {RangeError} If warm-up and decay are longer than the run together.
 *
 * @example Usage
 * ```ts
 * import { warmupStableDecay } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const schedule = warmupStableDecay({ steps: 10, warmup: 2, decay: 4 });
 * assertEquals([0, 1, 2, 5, 6, 8, 10].map(schedule), [0, 0.5, 1, 1, 1, 0.5, 0]);
 * ```
 */
export function warmupStableDecay(
  settings: WarmupStableDecaySettings,
): Schedule {
  const { steps, shape = "linear", floor = 0 } = settings;
  checkSteps(steps);
  checkFloor(floor);
  const warmup = warmupSteps(settings.warmup ?? 0, steps);
  const decay = warmupSteps(settings.decay ?? 0.1, steps);
  checkParts(steps, warmup, decay);
  const raise = (share: number) => floor + (1 - floor) * share;
  return (step) => {
    if (step < warmup) return raise(step / warmup);
    const progress = (step - (steps - decay)) / Math.max(1, decay);
    if (step >= steps) return floor;
    return progress <= 0 ? 1 : raise(FALL[shape](progress));
  };
}

/** Refuses parts that are longer than the whole. */
function checkParts(steps: number, warmup: number, decay: number): void {
  if (warmup + decay > steps) {
    throw new RangeError(
      `Cannot plan the learning rate: expected warm-up and decay within ${steps} steps, got ${warmup} and ${decay}`,
    );
  }
}
