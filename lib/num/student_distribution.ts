import { checkChance, normalCdf } from "./normal_distribution.ts";

/** Degrees of freedom from which Hill's expansion is exact to 64 bits. */
const MANY = 5000;

/**
 * The chance that a number of Student's t distribution is at most `t`.
 *
 * Also far out the result is exact relative to its own size: use `studentCdf(-t)`
 * for an upper tail, never `1 - studentCdf(t)`.
 *
 * Range: `[0, 1]`.
 * Cost: a continued fraction of at most some hundred terms.
 * Source: Abramowitz and Stegun 26.7.1 and 26.5.8 (incomplete beta function);
 * from 5,000 degrees of freedom Hill 1970, equation for algorithm 395.
 *
 * @param t Any number.
 * @param freedom Degrees of freedom, above 0, not necessarily whole.
 * @returns The chance; not a number where `t` is not.
 * @throws {RangeError} If the degrees of freedom are not above 0.
 *
 * @example Usage
 * ```ts
 * import { studentCdf } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * assertAlmostEquals(studentCdf(1, 1), 0.75, 1e-15);
 * ```
 */
export function studentCdf(t: number, freedom: number): number {
  checkFreedom(freedom);
  if (Number.isNaN(t)) return NaN;
  const half = tailOf(Math.abs(t), freedom);
  return t < 0 ? half : 1 - half;
}

/**
 * The number that one of Student's t distribution stays below with a given
 * chance: the inverse of `studentCdf`.
 *
 * @param chance From 0 to 1.
 * @param freedom Degrees of freedom, above 0.
 * @returns The quantile; minus infinity at 0, infinity at 1.
 * @throws {RangeError} If the chance is not from 0 to 1, or the degrees of
 * freedom are not above 0.
 *
 * @example Usage
 * ```ts
 * import { studentQuantile } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * assertAlmostEquals(studentQuantile(0.975, 10), 2.2281388519862747, 1e-14);
 * ```
 */
export function studentQuantile(chance: number, freedom: number): number {
  checkChance(chance);
  checkFreedom(freedom);
  if (chance === 0) return -Infinity;
  if (chance > 0.5 && chance < 0.75) {
    return centralQuantile(chance - 0.5, freedom);
  }
  if (chance > 0.5) return -studentQuantile(1 - chance, freedom);
  if (chance > 0.25) return 0 - centralQuantile(0.5 - chance, freedom);
  return -tailQuantile(chance, freedom);
}

/** Refuses degrees of freedom that no distribution has. */
function checkFreedom(freedom: number): void {
  if (freedom > 0 && freedom < Infinity) return;
  throw new RangeError(
    `Cannot use Student's t distribution: expected degrees of freedom above 0, got ${freedom}`,
  );
}

/**
 * The normal number with the same chance beyond it, for many degrees of freedom:
 * there the continued fraction is slow and loses digits, and this is exact to the
 * last ones.
 */
function normalLike(t: number, freedom: number): number {
  const a = freedom - 0.5;
  const y = a * Math.log1p(t * t / freedom);
  const b = 48 * a * a;
  const rest = ((-0.4 * y - 3.3) * y - 24) * y - 85.5;
  return ((rest / (0.8 * y * y + 100 + b) + y + 3) / b + 1) * Math.sqrt(y);
}

/** The chance beyond `t` of at least 0. */
function tailOf(t: number, freedom: number): number {
  if (t === Infinity) return 0;
  if (freedom >= MANY) return normalCdf(-normalLike(t, freedom));
  if (isCentral(t, freedom)) return 0.5 - centralPart(t, freedom);
  const near = Math.exp(-logRise(t, freedom));
  return powers(t, freedom) / freedom * betaFraction(near, freedom / 2, 0.5);
}

/** The chance between 0 and `t`. */
function centralPart(t: number, freedom: number): number {
  if (freedom >= MANY) return normalCdf(normalLike(t, freedom)) - 0.5;
  const far = t * t / (freedom + t * t);
  return powers(t, freedom) * betaFraction(far, 0.5, freedom / 2);
}

/** Whether the continued fraction of the central part is the quicker one. */
function isCentral(t: number, freedom: number): boolean {
  return t * t < 3 * freedom / (2 + freedom);
}

/** The powers in front of both continued fractions, over the beta function. */
function powers(t: number, freedom: number): number {
  const logNear = -freedom / 2 * logRise(t, freedom);
  const rootFar = t / Math.hypot(Math.sqrt(freedom), t);
  return Math.exp(logNear - logBetaHalf(freedom / 2)) * rootFar;
}

/** Logarithm of 1 + t^2 / freedom, also where the square is beyond 64-bit floats. */
function logRise(t: number, freedom: number): number {
  if (t < 1e100) return Math.log1p(t * t / freedom);
  return 2 * Math.log(t) - Math.log(freedom);
}

/** Logarithm of Student's density. */
function logDensity(t: number, freedom: number): number {
  const logPower = -(freedom + 1) / 2 * logRise(t, freedom);
  return logPower - logBetaHalf(freedom / 2) - Math.log(freedom) / 2;
}

/** Logarithm of the beta function of `a` and 1/2. */
function logBetaHalf(a: number): number {
  return Math.log(Math.PI) / 2 - logGammaRatio(a);
}

/**
 * Logarithm of gamma(a + 1/2) / gamma(a), without the cancellation that two
 * separate logarithms would suffer: raised to 20 and up, then by Stirling's series.
 */
function logGammaRatio(a: number): number {
  let [raised, product] = [a, 1];
  for (; raised < 20; raised++) product *= raised / (raised + 0.5);
  const between = raised * Math.log1p(0.5 / raised) + Math.log(raised) / 2 -
    0.5;
  return Math.log(product) + between + stirlingRest(raised + 0.5) -
    stirlingRest(raised);
}

/** What Stirling's formula lacks to the logarithm of gamma(a), for `a` of 20 and up. */
function stirlingRest(a: number): number {
  const s = 1 / (a * a);
  return (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s / 1188)))) /
    a;
}

/**
 * The continued fraction of the incomplete beta function, evaluated forwards
 * until it stands still: the function is `x^a (1 - x)^b / (a B(a, b))` times it.
 */
function betaFraction(x: number, a: number, b: number): number {
  let [upper, lower] = [1, 1 / (1 - (a + b) * x / (a + 1))];
  let value = lower;
  for (let m = 1; m < 100000; m++) {
    const even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    lower = 1 / (1 + even * lower);
    upper = 1 + even / upper;
    value *= upper * lower;
    const odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    lower = 1 / (1 + odd * lower);
    upper = 1 + odd / upper;
    const change = upper * lower;
    value *= change;
    if (Math.abs(change - 1) < 2e-16) break;
  }
  return value;
}

/** The point with a given chance between 0 and it: Newton's steps from 0, which never pass it. */
function centralQuantile(chance: number, freedom: number): number {
  let t = 0;
  for (let step = 0; step < 100; step++) {
    const next = t +
      (chance - centralPart(t, freedom)) / Math.exp(logDensity(t, freedom));
    if (Math.abs(next - t) <= 1e-16 * next) return next;
    t = next;
  }
  return t;
}

/**
 * The point with a given chance beyond it: Newton's steps on the logarithms of
 * both, from beyond the point, where they never pass it.
 */
function tailQuantile(chance: number, freedom: number): number {
  let t = 1;
  while (tailOf(t, freedom) > chance) t *= 2;
  if (t === Infinity) return t;
  for (let step = 0; step < 100; step++) {
    const logTail = Math.log(tailOf(t, freedom));
    if (logTail === -Infinity) {
      t *= 0.75; // where the tail is below the smallest float
      continue;
    }
    const slope = Math.exp(Math.log(t) + logDensity(t, freedom) - logTail);
    const next = t * Math.exp((logTail - Math.log(chance)) / slope);
    if (Math.abs(next - t) <= 2e-16 * t) return next;
    t = next;
  }
  return t;
}
