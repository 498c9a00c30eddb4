import { nearestName } from "../num/nearest_name.ts";
import type { Experiment } from "./experiment.ts";
import { QUERY_MASKS } from "./query_masks.ts";
import { SCHEDULE_FREE_QUADRATICS } from "./schedule_free.ts";

/** Every experiment, in the order of their papers. */
export const EXPERIMENTS: readonly Experiment[] = [
  QUERY_MASKS,
  SCHEDULE_FREE_QUADRATICS,
];

/**
 * The experiment of an id.
 *
 * @param id Such as `S-2`; case does not matter.
 * @returns The experiment.
 * @throws {RangeError} If there is none; the error names the nearest.
 *
 * @example Usage
 * ```ts
 * import { experimentNamed } from "#lib/mod.ts";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(experimentNamed("s-2").id, "S-2");
 * assertThrows(() => experimentNamed("S-3"), RangeError, "did you mean S-2?");
 * ```
 */
export function experimentNamed(id: string): Experiment {
  const found = EXPERIMENTS.find((experiment) =>
    experiment.id.toLowerCase() === id.toLowerCase()
  );
  if (found) return found;
  const ids = EXPERIMENTS.map((experiment) => experiment.id);
  const near = nearestName(id.toUpperCase(), ids);
  throw new RangeError(
    `Cannot find experiment ${JSON.stringify(id)}: expected one of ${
      ids.join(", ")
    }, got another${near ? `; did you mean ${near}?` : "; see --list"}`,
  );
}
