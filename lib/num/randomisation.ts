import { mean } from "./mean.ts";
import { pairedDifferences } from "./paired_differences.ts";
import { type Stream, stream } from "./stream.ts";

/** What a randomisation test found. */
export interface Randomisation {
  /** Mean of first minus second. */
  readonly difference: number;
  /** Two-sided chance of so large a difference where labels mean nothing. */
  readonly p: number;
  /** Sign patterns looked at. */
  readonly draws: number;
  /** Whether those were all there are. */
  readonly exact: boolean;
}

/** Differences whose signed sums one table holds. */
const BLOCK = 8;
/** Part of the sum of sizes by which two equal sums may differ through rounding. */
const ROUNDING = 1e-12;

/**
 * The paired randomisation test (Fisher's): how often a difference of means as
 * large as this one, in either direction, comes about when the two labels of
 * every pair are swapped by the toss of a coin.
 *
 * With few pairs that differ all patterns are counted. Else patterns are drawn,
 * and the observed one counts among them, so that p is never 0:
 *
 *     p = (1 + drawn at least as large) / (1 + draws)
 *
 * Pairs without a difference change nothing. A value that is not a number makes
 * p not a number.
 *
 * Range: `p` in `[1 / (1 + draws), 1]`, or from `1 / 2^pairs` where exact.
 * Cost: `draws * pairs / 8` additions.
 * Random: one draw for every 32 pairs and pattern; none where exact.
 * Source: Fisher 1935; Smucker, Allan and Carterette 2007; the rule of adding 1
 * from Phipson and Smyth 2010.
 *
 * @param first At least one number.
 * @param second As many numbers, of the same things in the same order.
 * @param options Patterns drawn, default 100,000, also the most that are counted
 * exactly; the random stream, default that of seed 1.
 * @returns Difference and p.
 * @throws {ShapeError} If the lengths differ.
 * @throws {RangeError} If there are no pairs, or draws is not a whole number of
 * at least 1.
 *
 * @example Usage
 * ```ts
 * import { randomisation } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const { p, exact } = randomisation([2, 4, 6, 5], [1, 2, 3, 3]);
 * assertEquals([p, exact], [2 / 16, true]);
 * ```
 */
export function randomisation(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  options: { readonly draws?: number; readonly random?: Stream } = {},
): Randomisation {
  const { draws = 100_000, random = stream(1, "randomisation") } = options;
  checkDraws(draws);
  const differences = pairedDifferences(first, second);
  const difference = mean(differences);
  const moving = differences.filter((value) => value !== 0);
  const patterns = 2 ** moving.length;
  const exact = patterns <= draws;
  if (Number.isNaN(difference)) {
    return { difference, p: NaN, draws: 0, exact: false };
  }
  if (exact) {
    const p = countAll(moving) / patterns;
    return { difference, p, draws: patterns, exact };
  }
  const p = (1 + countDrawn(moving, draws, random)) / (1 + draws);
  return { difference, p, draws, exact };
}

/**
 * Refuses a number of draws that is none.
 *
 * @param draws Any number.
 * @throws {RangeError} If it is not a whole number of at least 1.
 *
 * @example Usage
 * ```ts
 * import { checkDraws } from "#lib/mod.ts";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => checkDraws(0), RangeError, "at least 1, got 0");
 * ```
 */
export function checkDraws(draws: number): void {
  if (Number.isSafeInteger(draws) && draws >= 1) return;
  throw new RangeError(
    `Cannot draw at random: expected a whole number of draws of at least 1, got ${draws}`,
  );
}

/** The size that a signed sum must reach to count, rounding forgiven. */
function threshold(differences: Float64Array): number {
  const observed = Math.abs(differences.reduce((sum, value) => sum + value, 0));
  const sizes = differences.reduce((sum, value) => sum + Math.abs(value), 0);
  return observed - ROUNDING * sizes;
}

/** Patterns, of all, whose sum reaches the observed one. */
function countAll(differences: Float64Array): number {
  const limit = threshold(differences);
  const below = (place: number, sum: number): number => {
    if (place === differences.length) return Math.abs(sum) >= limit ? 1 : 0;
    const value = differences[place]!;
    return below(place + 1, sum + value) + below(place + 1, sum - value);
  };
  return below(0, 0);
}

/** Patterns, of those drawn, whose sum reaches the observed one. */
function countDrawn(
  differences: Float64Array,
  draws: number,
  random: Stream,
): number {
  const limit = threshold(differences);
  const tables = signedSums(differences);
  const blocks = tables.length >> BLOCK;
  let reached = 0;
  for (let draw = 0; draw < draws; draw++) {
    let [sum, signs] = [0, 0];
    for (let block = 0; block < blocks; block++) {
      signs = block % 4 === 0 ? random.integer(0x100000000) : signs >>> BLOCK;
      sum += tables[(block << BLOCK) + (signs & 0xff)]!;
    }
    if (Math.abs(sum) >= limit) reached++;
  }
  return reached;
}

/** For each block of differences, its sums under every pattern of signs. */
function signedSums(differences: Float64Array): Float64Array {
  const blocks = Math.ceil(differences.length / BLOCK);
  const tables = new Float64Array(blocks << BLOCK);
  for (let place = 0; place < tables.length; place++) {
    const start = (place >> BLOCK) * BLOCK;
    for (let bit = 0; bit < BLOCK; bit++) {
      const value = differences[start + bit] ?? 0;
      tables[place]! += place & (1 << bit) ? -value : value;
    }
  }
  return tables;
}
