/** What is added to a seed for its twin in an A/A run: far beyond any seed one gives. */
const APART = 1000;

/** Most seeds of one experiment, so that no seed is another's twin. */
export const MOST_SEEDS = APART - 1;

/**
 * The seeds of an experiment: 1 to `count`.
 *
 * @param count How many.
 * @returns The seeds in order.
 * @throws {RangeError} If the count is not a whole number from 1 to 999.
 *
 * @example Usage
 * ```ts
 * import { experimentSeeds, twinSeed } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(experimentSeeds(2), [1, 2]);
 * assertEquals(experimentSeeds(2).map(twinSeed), [1001, 1002]);
 * ```
 */
export function experimentSeeds(count: number): number[] {
  if (!Number.isSafeInteger(count) || count < 1 || count > MOST_SEEDS) {
    throw new RangeError(
      `Cannot use seeds: expected a whole number from 1 to ${MOST_SEEDS}, got ${count}`,
    );
  }
  return Array.from({ length: count }, (_, i) => i + 1);
}

/**
 * The seed that the baseline is run with a second time, to see how far two runs
 * lie apart that differ in nothing else.
 *
 * @param seed A seed of the experiment.
 * @returns The twin's seed.
 *
 * @example Usage
 * ```ts
 * import { twinSeed } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(twinSeed(3), 1003);
 * ```
 */
export function twinSeed(seed: number): number {
  return seed + APART;
}
