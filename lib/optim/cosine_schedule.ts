import type { Schedule, ScheduleSettings } from "./schedule.ts";
import { checkSteps, warmupShare, warmupSteps } from "./warmup.ts";

/** Settings of {@linkcode cosineSchedule}. */
export interface CosineSettings extends ScheduleSettings {
  /** Share of the learning rate that the last step ends at, `[0, 1]`. Default 0. */
  readonly floor?: number;
}

/**
 * Linear warm-up, then half a cosine down to `floor`.
 *
 *     share = step / warmup                                       while step < warmup
 *     share = floor + (1 - floor) (1 + cos(pi progress)) / 2          after it
 *     progress = (step - warmup) / (steps - warmup)
 *
 * Range: `[0, 1]`.
 * Source: `get_cosine_schedule_with_warmup` of transformers, the same values
 * up to step `steps`.
 * Differs: beyond `steps` it stays at `floor`; there the cosine rises again.
 *
 * @param settings Steps of the run, warm-up and floor.
 * @returns The schedule.
 * @throws {RangeError} If steps, warm-up or floor are not such.
 *
 * @example Usage
 * ```ts
 * import { cosineSchedule } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const schedule = cosineSchedule({ steps: 10, floor: 0.1 });
 * assertAlmostEquals(schedule(5), 0.55, 1e-12);
 * ```
 */
export function cosineSchedule(settings: CosineSettings): Schedule {
  const { steps, floor = 0 } = settings;
  checkSteps(steps);
  checkFloor(floor);
  const warmup = warmupSteps(settings.warmup ?? 0, steps);
  return (step) => {
    if (step < warmup) return warmupShare(step, warmup);
    const progress = Math.min(
      1,
      (step - warmup) / Math.max(1, steps - warmup),
    );
    return floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * progress));
  };
}

/**
 * Checks the share that a schedule ends at.
 *
 * @param floor What should be within `[0, 1]`.
 * @throws {RangeError} If it is not.
 */
export function checkFloor(floor: number): void {
  if (!(floor >= 0 && floor <= 1)) {
    throw new RangeError(
      `Cannot plan the learning rate: expected a floor within 0 and 1, got ${floor}`,
    );
  }
}
