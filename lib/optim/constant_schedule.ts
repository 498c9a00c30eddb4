import type { Schedule, ScheduleSettings } from "./schedule.ts";
import { warmupShare, warmupSteps } from "./warmup.ts";

/**
 * A constant learning rate after a linear warm-up.
 *
 *     share = step / warmup        while step < warmup
 *     share = 1                    after it
 *
 * With a warm-up the first step has rate 0, as in transformers; schedule-free
 * optimisers warm up by themselves and begin at `1 / warmup`.
 *
 * Range: `[0, 1]`.
 * Source: `get_constant_schedule_with_warmup` of transformers, the same values.
 *
 * @param settings Steps of the run (used by a warm-up given as a share).
 * @returns The schedule.
 * @throws {RangeError} If the warm-up is not one.
 *
 * @example Usage
 * ```ts
 * import { constantSchedule } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const schedule = constantSchedule({ steps: 100, warmup: 4 });
 * assertEquals([0, 1, 4, 99].map(schedule), [0, 0.25, 1, 1]);
 * ```
 */
export function constantSchedule(settings: ScheduleSettings): Schedule {
  const warmup = warmupSteps(settings.warmup ?? 0, settings.steps);
  return (step) => step < warmup ? warmupShare(step, warmup) : 1;
}
