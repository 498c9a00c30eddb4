import { mean } from "./mean.ts";
import { type Interval, meanInterval } from "./mean_interval.ts";
import { pairedDifferences } from "./paired_differences.ts";
import { standardDeviation } from "./standard_deviation.ts";
import { studentCdf } from "./student_distribution.ts";

/** What a paired t test found. */
export interface PairedT {
  /** Mean of first minus second. */
  readonly difference: number;
  /** Confidence interval of the mean difference. */
  readonly interval: Interval;
  /** The mean difference in units of its standard error. */
  readonly t: number;
  /** Two-sided chance of so large a `t` where there is no difference. */
  readonly p: number;
  /** Number of pairs. */
  readonly count: number;
}

/**
 * Student's paired t test: whether first and second differ on average.
 *
 *     t = mean(d) / (s / sqrt(n)),  d = first - second,  s with n - 1
 *
 * It covers the chance in what was paired (queries, or seeds) and no other: over
 * the queries of one training run it says nothing about the next seed.
 *
 * Range: `p` in `[0, 1]`.
 * Source: Student 1908. Differs: where all differences are 0, `t` is 0 and `p`
 * is 1; where they are all the same otherwise, `t` is infinite and `p` is 0.
 *
 * @param first At least two numbers.
 * @param second As many numbers, of the same things in the same order.
 * @param options Level of the interval, default 0.95.
 * @returns Difference, interval, t and p.
 * @throws {ShapeError} If the lengths differ.
 * @throws {RangeError} If there are fewer than two pairs.
 *
 * @example Usage
 * ```ts
 * import { pairedT } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const { t, p } = pairedT([2, 4, 6], [1, 2, 3]);
 * assertAlmostEquals(t, 2 * Math.sqrt(3), 1e-12);
 * assertAlmostEquals(p, 1 - Math.sqrt(6 / 7), 1e-12);
 * ```
 */
export function pairedT(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  options: { readonly level?: number } = {},
): PairedT {
  const differences = pairedDifferences(first, second);
  const count = differences.length;
  const interval = meanInterval(differences, options);
  const difference = mean(differences);
  const error = standardDeviation(differences) / Math.sqrt(count);
  const t = difference === 0 ? 0 : difference / error;
  const p = 2 * studentCdf(-Math.abs(t), count - 1);
  return { difference, interval, t, p: Math.min(1, p), count };
}
