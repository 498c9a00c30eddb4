import { mean } from "./mean.ts";
import { standardDeviation } from "./standard_deviation.ts";
import { studentQuantile } from "./student_distribution.ts";

/** A range that covers an unknown number in a stated share of repetitions. */
export interface Interval {
  /** Lower end. */
  readonly low: number;
  /** Upper end. */
  readonly high: number;
}

/**
 * The confidence interval of a mean, by Student's t distribution.
 *
 *     mean +- t(level, n - 1) s / sqrt(n)
 *
 * It covers the mean of the population that the values were drawn from, not the
 * values themselves.
 *
 * @param values At least two numbers, drawn independently.
 * @param options Share of repetitions in which it covers, between 0 and 1,
 * default 0.95.
 * @returns The interval, in the unit of the values.
 * @throws {RangeError} If there are fewer than two values, or the level is not
 * between 0 and 1.
 *
 * @example Usage
 * ```ts
 * import { meanInterval } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const { low, high } = meanInterval([1, 2, 3]);
 * const t = 0.95 * Math.sqrt(2 / (1 - 0.95 ** 2)); // two degrees of freedom
 * assertAlmostEquals(low, 2 - t / Math.sqrt(3), 1e-12);
 * assertAlmostEquals(low + high, 4, 1e-12);
 * ```
 */
export function meanInterval(
  values: ArrayLike<number>,
  options: { readonly level?: number } = {},
): Interval {
  const { level = 0.95 } = options;
  checkLevel(level);
  const deviation = standardDeviation(values);
  const middle = mean(values);
  const half = deviation === 0
    ? 0
    : -studentQuantile((1 - level) / 2, values.length - 1) * deviation /
      Math.sqrt(values.length);
  return { low: middle - half, high: middle + half };
}

/**
 * Refuses a confidence level, or a chance of error, that is not between 0 and 1.
 *
 * @param level Any number.
 * @throws {RangeError} If it is not strictly between 0 and 1.
 *
 * @example Usage
 * ```ts
 * import { checkLevel } from "#lib/mod.ts";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => checkLevel(95), RangeError, "between 0 and 1, got 95");
 * ```
 */
export function checkLevel(level: number): void {
  if (level > 0 && level < 1) return;
  throw new RangeError(
    `Cannot use a confidence level or chance: expected a number between 0 and 1, got ${level}`,
  );
}
