import { nearestName } from "../num/nearest_name.ts";
import { constantSchedule } from "./constant_schedule.ts";
import { cosineSchedule } from "./cosine_schedule.ts";
import { linearSchedule } from "./linear_schedule.ts";
import type { Schedule, ScheduleSettings } from "./schedule.ts";
import { warmupStableDecay } from "./warmup_stable_decay.ts";

/** Name of a schedule in a settings file. */
export type ScheduleName =
  | "constant"
  | "linear"
  | "cosine"
  | "warmup-stable-decay";

/** The schedules that a settings file may name. */
const SCHEDULES: Readonly<
  Record<ScheduleName, (settings: ScheduleSettings) => Schedule>
> = {
  constant: constantSchedule,
  linear: linearSchedule,
  cosine: cosineSchedule,
  "warmup-stable-decay": warmupStableDecay,
};

/** The names that {@linkcode scheduleNamed} knows. */
export const SCHEDULE_NAMES: readonly ScheduleName[] = Object.keys(
  SCHEDULES,
) as ScheduleName[];

/**
 * Makes the schedule that a settings file names.
 *
 * @param name One of {@linkcode SCHEDULE_NAMES}.
 * @param settings Steps of the run and warm-up.
 * @returns The schedule.
 * @throws {RangeError} If no schedule has that name, with the nearest that does.
 *
 * @example Usage
 * ```ts
 * import { scheduleNamed } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const schedule = scheduleNamed("linear", { steps: 10, warmup: 0.2 });
 * assertEquals([0, 1, 2, 6, 10].map(schedule), [0, 0.5, 1, 0.5, 0]);
 * ```
 */
export function scheduleNamed(
  name: string,
  settings: ScheduleSettings,
): Schedule {
  if (!Object.hasOwn(SCHEDULES, name)) {
    const nearest = nearestName(name, SCHEDULE_NAMES);
    throw new RangeError(
      `Cannot make a schedule: expected one of ${
        SCHEDULE_NAMES.join(", ")
      }, got ${name}${nearest ? ` (did you mean ${nearest}?)` : ""}`,
    );
  }
  return SCHEDULES[name as ScheduleName](settings);
}
