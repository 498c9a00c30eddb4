import { mean } from "./mean.ts";
import { checkLevel, type Interval, meanInterval } from "./mean_interval.ts";
import { pairedDifferences } from "./paired_differences.ts";
import { standardDeviation } from "./standard_deviation.ts";
import { studentCdf } from "./student_distribution.ts";

/** What an equivalence test found. */
export interface Equivalence {
  /** Mean of first minus second. */
  readonly difference: number;
  /** Interval at level `1 - 2 alpha`: equivalence is that it lies within the margin. */
  readonly interval: Interval;
  /** The larger of the two one-sided chances. */
  readonly p: number;
  /** Whether p is below alpha. */
  readonly equivalent: boolean;
}

/**
 * Two one-sided t tests: whether first and second differ by less than a margin,
 * on average.
 *
 *     p = max( P(T >= (mean + margin) / e), P(T <= (mean - margin) / e) )
 *
 * with `e = s / sqrt(n)`. A large p of a test for a difference does not show that
 * there is none; a small p here does. The margin must be chosen before the values
 * are seen.
 *
 * Range: `p` in `[0, 1]`.
 * Source: Schuirmann 1987.
 *
 * @param first At least two numbers.
 * @param second As many numbers, of the same things in the same order.
 * @param options The margin, above 0, in the unit of the values; alpha, default
 * 0.05.
 * @returns Difference, interval, p and the answer.
 * @throws {ShapeError} If the lengths differ.
 * @throws {RangeError} If there are fewer than two pairs, the margin is not above
 * 0, or alpha is not between 0 and 0.5.
 *
 * @example Usage
 * ```ts
 * import { equivalence } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const first = [0.50, 0.71, 0.33, 0.64], second = [0.51, 0.70, 0.34, 0.63];
 * assertEquals(equivalence(first, second, { margin: 0.05 }).equivalent, true);
 * assertEquals(equivalence(first, second, { margin: 0.005 }).equivalent, false);
 * ```
 */
export function equivalence(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  options: { readonly margin: number; readonly alpha?: number },
): Equivalence {
  const { margin, alpha = 0.05 } = options;
  checkMargin(margin);
  checkLevel(2 * alpha);
  const differences = pairedDifferences(first, second);
  const interval = meanInterval(differences, { level: 1 - 2 * alpha });
  const difference = mean(differences);
  const error = standardDeviation(differences) / Math.sqrt(differences.length);
  const chance = (gap: number) =>
    studentCdf(gap === 0 ? 0 : gap / error, differences.length - 1);
  const p = Math.max(
    chance(-(margin + difference)),
    chance(difference - margin),
  );
  return { difference, interval, p, equivalent: p < alpha };
}

/** Refuses a margin that nothing lies within. */
function checkMargin(margin: number): void {
  if (margin > 0 && margin < Infinity) return;
  throw new RangeError(
    `Cannot test equivalence: expected a margin above 0, got ${margin}`,
  );
}
