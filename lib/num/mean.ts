/**
 * The mean of numbers.
 *
 *     mean = sum of values / count
 *
 * What rounding loses on the way is added up too, and given back at the end. A
 * value that is not a number makes the mean not a number.
 *
 * Source: Neumaier 1974.
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
  let [sum, lost] = [0, 0];
  for (let place = 0; place < values.length; place++) {
    const value = values[place]!;
    const next = sum + value;
    const isLarger = Math.abs(sum) >= Math.abs(value);
    lost += isLarger ? sum - next + value : value - next + sum;
    sum = next;
  }
  return (Number.isFinite(sum) ? sum + lost : sum) / values.length;
}
