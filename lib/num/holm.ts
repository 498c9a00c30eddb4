/**
 * Holm's correction: p values of several tests, raised so that the chance of even
 * one false alarm among them stays below the level they are then compared with.
 *
 *     adjusted of the i-th smallest = max over j <= i of min(1, (m - j + 1) p_j)
 *
 * Give it all tests of the family, also those that were not worth showing.
 *
 * Range: `[0, 1]`, never below the given p.
 * Source: Holm 1979.
 *
 * @param chances p values, in any order.
 * @returns Adjusted p values, in the same order.
 * @throws {RangeError} If a p value is not from 0 to 1.
 *
 * @example Usage
 * ```ts
 * import { holm } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(holm([0.5, 0.125, 0.0625]), [0.5, 0.25, 0.1875]);
 * ```
 */
export function holm(chances: readonly number[]): number[] {
  const wrong = chances.findIndex((p) => !(p >= 0 && p <= 1));
  if (wrong >= 0) {
    throw new RangeError(
      `Cannot correct p value ${wrong}: expected a number from 0 to 1, got ${
        chances[wrong]
      }`,
    );
  }
  const order = chances.map((_, place) => place)
    .sort((a, b) => chances[a]! - chances[b]!);
  const adjusted = new Array<number>(chances.length).fill(0);
  let highest = 0;
  order.forEach((place, rank) => {
    const raised = (chances.length - rank) * chances[place]!;
    highest = Math.min(1, Math.max(highest, raised));
    adjusted[place] = highest;
  });
  return adjusted;
}
