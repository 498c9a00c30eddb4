/**
 * The mean of numbers.
 *
 *     mean = sum of values / count
 *
 * A second pass takes back what rounding lost in the first. A value that is not
 * a number makes the mean not a number.
 *
 * @param values At least one number.
 * @returns Their mean, in their unit.
 * @throws {RangeError} If there are none.
 *
 * @example Usage
 * ```ts
 * import { mean } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(mean([1, 2, 6]), 3);
 * ```
 */
export function mean(values: ArrayLike<number>): number {
  if (values.length === 0) {
    throw new RangeError("Cannot take a mean: expected a number, got none");
  }
  const first = shiftedMean(values, 0);
  return Number.isFinite(first) ? first + shiftedMean(values, first) : first;
}

/** The mean of the distances from a number. */
function shiftedMean(values: ArrayLike<number>, from: number): number {
  let sum = 0;
  for (let place = 0; place < values.length; place++) {
    sum += values[place]! - from;
  }
  return sum / values.length;
}
