/**
 * Checks settings of an optimiser against their ranges.
 *
 * @param optimizer Its name, for the message.
 * @param rules Name, value, and whether it may be that value.
 * @throws {RangeError} If one may not, naming the first.
 */
export function checkNumbers(
  optimizer: string,
  rules: Readonly<
    Record<string, readonly [value: number, range: keyof typeof RANGES]>
  >,
): void {
  for (const [name, [value, range]] of Object.entries(rules)) {
    if (!RANGES[range](value)) {
      throw new RangeError(
        `Cannot make ${optimizer}: expected ${name} ${range}, got ${value}`,
      );
    }
  }
}

/** What a number may be, by the words that the message says. */
const RANGES = {
  "greater than 0": (x: number) => x > 0 && x < Infinity,
  "at least 0": (x: number) => x >= 0 && x < Infinity,
  "from 0 and below 1": (x: number) => x >= 0 && x < 1,
  "between 0 and 1": (x: number) => x > 0 && x < 1,
  "from 0 to 1": (x: number) => x >= 0 && x <= 1,
  "whole and at least 0": (x: number) => Number.isInteger(x) && x >= 0,
} as const;
