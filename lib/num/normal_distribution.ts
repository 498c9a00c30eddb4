const LOG_ROOT_TAU = Math.log(2 * Math.PI) / 2;

/**
 * The chance that a standard normal number is at most `x`.
 *
 * Also far out the result is exact relative to its own size: use `normalCdf(-x)`
 * for an upper tail, never `1 - normalCdf(x)`.
 *
 * Range: `[0, 1]`.
 * Cost: a series or a continued fraction of up to some 100 terms.
 *
 * @param x Any number.
 * @returns The chance; not a number where `x` is not.
 *
 * @example Usage
 * ```ts
 * import { normalCdf } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * assertAlmostEquals(normalCdf(1.959963984540054), 0.975, 1e-15);
 * ```
 */
export function normalCdf(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (Math.abs(x) < 1.5) return 0.5 + centralPart(x);
  return x < 0 ? lowerTail(-x) : 1 - lowerTail(x);
}

/**
 * The number that a standard normal one stays below with a given chance: the
 * inverse of `normalCdf`.
 *
 * Range: any number; minus infinity at 0, infinity at 1.
 *
 * @param chance From 0 to 1.
 * @returns The quantile.
 * @throws {RangeError} If the chance is not from 0 to 1.
 *
 * @example Usage
 * ```ts
 * import { normalQuantile } from "#lib/mod.ts";
 * import { assertAlmostEquals, assertEquals } from "@std/assert";
 *
 * assertAlmostEquals(normalQuantile(0.975), 1.959963984540054, 1e-14);
 * assertEquals(normalQuantile(0.5), 0);
 * ```
 */
export function normalQuantile(chance: number): number {
  checkChance(chance);
  if (chance === 0) return -Infinity;
  if (chance > 0.5) {
    return chance < 0.75
      ? centralQuantile(chance)
      : -normalQuantile(1 - chance);
  }
  return chance > 0.25 ? centralQuantile(chance) : tailQuantile(chance);
}

/**
 * Refuses a number that is no chance.
 *
 * @param chance Any number.
 * @throws {RangeError} If it is not from 0 to 1.
 *
 * @example Usage
 * ```ts
 * import { checkChance } from "#lib/mod.ts";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => checkChance(1.5), RangeError, "got 1.5");
 * ```
 */
export function checkChance(chance: number): void {
  if (chance >= 0 && chance <= 1) return;
  throw new RangeError(
    `Cannot take a quantile: expected a chance from 0 to 1, got ${chance}`,
  );
}

/** The normal density. */
function density(x: number): number {
  return Math.exp(-x * x / 2 - LOG_ROOT_TAU);
}

/** The chance between 0 and `x`: density times x (1 + x^2/3 + x^4/15 + ...). */
function centralPart(x: number): number {
  let [term, sum] = [x, x];
  for (let odd = 3; Math.abs(term) > Math.abs(sum) * 1e-17; odd += 2) {
    term *= x * x / odd;
    sum += term;
  }
  return density(x) * sum;
}

/** The chance beyond `x` of at least 1.5: density over x + 1/(x + 2/(x + 3/...)), from the back. */
function lowerTail(x: number): number {
  if (x > 40) return 0;
  let fraction = x;
  for (let part = Math.ceil(20 + 500 / (x * x)); part > 0; part--) {
    fraction = x + part / fraction;
  }
  return density(x) / fraction;
}

/** Solves in the middle, by Newton's steps on the chance. */
function centralQuantile(chance: number): number {
  let x = 0;
  for (let step = 0; step < 6; step++) {
    x -= (centralPart(x) - (chance - 0.5)) / density(x);
  }
  return x;
}

/** Solves in the lower tail, by Newton's steps on the logarithm, which is nearly a parabola. */
function tailQuantile(chance: number): number {
  let x = -Math.sqrt(-2 * Math.log(chance));
  for (let step = 0; step < 8; step++) {
    const tail = normalCdf(x);
    const slope = density(x) / tail;
    x -= (Math.log(tail) - Math.log(chance)) / slope;
  }
  return x;
}
