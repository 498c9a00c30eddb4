import { mean } from "./mean.ts";

/**
 * The standard deviation of a sample, with `n - 1` in the denominator.
 *
 *     s = sqrt(sum of (value - mean)^2 / (n - 1))
 *
 * Range: 0 and up; exactly 0 where all values are the same.
 *
 * @param values At least two numbers.
 * @returns Their standard deviation, in their unit.
 * @throws {RangeError} If there are fewer than two.
 *
 * @example Usage
 * ```ts
 * import { standardDeviation } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(standardDeviation([1, 3, 5]), 2);
 * ```
 */
export function standardDeviation(values: ArrayLike<number>): number {
  const count = values.length;
  if (count < 2) {
    throw new RangeError(
      `Cannot take a standard deviation: expected at least two numbers, got ${count}`,
    );
  }
  const middle = mean(values);
  let [squares, rest] = [0, 0];
  for (let place = 0; place < count; place++) {
    const distance = values[place]! - middle;
    squares += distance * distance;
    rest += distance;
  }
  return Math.sqrt(Math.max(0, squares - rest * rest / count) / (count - 1));
}
