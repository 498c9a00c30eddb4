/**
 * The error function, to the last few of 64 bits.
 *
 *     erf x = 2 / sqrt(pi) integral from 0 to x of exp(-t^2) dt
 *
 * Below 2.5 the series with positive terms only, which loses nothing to
 * cancellation; above, the continued fraction of the complement.
 *
 * Range: `[-1, 1]`; NaN for NaN.
 * Source: Abramowitz and Stegun 1964, equations 7.1.6 and 7.1.14.
 *
 * @param x Any number.
 * @returns `erf x`.
 */
export function erf(x: number): number {
  const size = Math.abs(x);
  const value = size < 2.5
    ? series(size)
    : size < 6
    ? 1 - complement(size)
    : size; // NaN stays NaN, everything else is cut to 1 below
  return Math.sign(x) * Math.min(value, 1);
}

/** `2 / sqrt(pi) exp(-x^2) sum of 2^n x^(2n+1) / (1 3 5 ... (2n+1))`. */
function series(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= 2 * x * x / (2 * n + 1);
    sum += term;
  }
  return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
}

/** `exp(-x^2) / sqrt(pi) / (x + (1/2) / (x + (2/2) / (x + ...)))`, from the inside out. */
function complement(x: number): number {
  let fraction = x;
  for (let n = 60; n >= 1; n--) fraction = x + n / 2 / fraction;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
}
