import { checkChance } from "./normal_distribution.ts";

/**
 * The value below which a share of the numbers lies, straight between the two
 * nearest.
 *
 *     position = share (count - 1), counted from 0 in ascending order
 *
 * A value that is not a number makes the quantile not a number.
 *
 * Cost: sorts a copy; `quantiles` sorts once for many.
 * Source: Hyndman and Fan 1996, type 7, the default of NumPy and R.
 *
 * @param values At least one number, in any order.
 * @param share From 0 (the smallest) to 1 (the largest).
 * @returns The quantile, in the unit of the values.
 * @throws {RangeError} If there are no values, or the share is not from 0 to 1.
 *
 * @example Usage
 * ```ts
 * import { quantile } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(quantile([4, 1, 2, 3], 0.5), 2.5);
 * ```
 */
export function quantile(values: ArrayLike<number>, share: number): number {
  return quantiles(values, [share])[0]!;
}

/**
 * Several quantiles of the same numbers.
 *
 * @param values At least one number, in any order.
 * @param shares Each from 0 to 1; percentiles divided by 100.
 * @returns A quantile for each share, in their order.
 * @throws {RangeError} If there are no values, or a share is not from 0 to 1.
 *
 * @example Usage
 * ```ts
 * import { quantiles } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(quantiles([10, 30, 20], [0, 0.25, 1]), [10, 15, 30]);
 * ```
 */
export function quantiles(
  values: ArrayLike<number>,
  shares: readonly number[],
): number[] {
  if (values.length === 0) {
    throw new RangeError("Cannot take a quantile: expected a number, got none");
  }
  shares.forEach(checkChance);
  const sorted = Float64Array.from(values).sort();
  if (Number.isNaN(sorted.at(-1))) return shares.map(() => NaN);
  return shares.map((share) => {
    const position = share * (sorted.length - 1);
    const below = Math.floor(position);
    const low = sorted[below]!;
    const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
    return between(low, high, position - below);
  });
}

/** A point on the way from one number to another, also where one is infinite. */
function between(low: number, high: number, way: number): number {
  if (way === 0 || low === high) return low;
  const span = high - low;
  return span < Infinity ? low + way * span : (1 - way) * low + way * high;
}
