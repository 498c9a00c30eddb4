import { ShapeError } from "./shape_error.ts";

/**
 * Differences of two lists, place by place.
 *
 *     difference[i] = first[i] - second[i]
 *
 * @param first Numbers.
 * @param second As many numbers, of the same things in the same order.
 * @returns The differences.
 * @throws {ShapeError} If the lengths differ.
 *
 * @example Usage
 * ```ts
 * import { pairedDifferences } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([...pairedDifferences([3, 2], [1, 2])], [2, 0]);
 * ```
 */
export function pairedDifferences(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
): Float64Array {
  if (first.length !== second.length) {
    throw new ShapeError(
      "pair two lists",
      "the same length",
      `${first.length} and ${second.length}`,
    );
  }
  return Float64Array.from(first, (value, place) => value - second[place]!);
}
