import type { Schedule, ScheduleSettings } from "./schedule.ts";
import { checkSteps, warmupShare, warmupSteps } from "./warmup.ts";

/**
 * Linear warm-up, then linear decay to 0 at the last step.
 *
 *     share = step / warmup                            while step < warmup
 *     share = max(0, (steps - step) / (steps - warmup))   after it
 *
 * Step `steps` itself would have rate 0; the run's last step is `steps - 1`.
 *
 * Range: `[0, 1]`.
 * Source: `get_linear_schedule_with_warmup` of transformers, the same values.
 *
 * @param settings Steps of the run and warm-up.
 * @returns The schedule.
 * @throws {RangeError} If steps or warm-up are not such.
 *
 * @example Usage
 * ```ts
 * import { linearSchedule } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const schedule = linearSchedule({ steps: 10, warmup: 2 });
 * assertEquals([0, 1, 2, 6, 10, 11].map(schedule), [0, 0.5, 1, 0.5, 0, 0]);
 * ```
 */
export function linearSchedule(settings: ScheduleSettings): Schedule {
  const { steps } = settings;
  checkSteps(steps);
  const warmup = warmupSteps(settings.warmup ?? 0, steps);
  return (step) =>
    step < warmup
      ? warmupShare(step, warmup)
      : Math.max(0, (steps - step) / Math.max(1, steps - warmup));
}
