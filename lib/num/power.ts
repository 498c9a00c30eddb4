import { checkLevel } from "./mean_interval.ts";
import { normalCdf } from "./normal_distribution.ts";
import { studentQuantile } from "./student_distribution.ts";

/** A paired t test that is planned. */
export interface PlannedTest {
  /** Number of pairs, at least 2. */
  readonly count: number;
  /** Standard deviation of the differences, above 0, from an earlier experiment. */
  readonly deviation: number;
  /** Level of the two-sided test, default 0.05. */
  readonly alpha?: number;
}

/** Panels of each part of the numerical integral, an even number. */
const PANELS = 600;

/**
 * The chance that a two-sided paired t test finds an effect that is really there.
 *
 *     P(|T| > t(1 - alpha / 2, n - 1)),  T noncentral t with mean shift
 *     effect / (deviation / sqrt(n))
 *
 * Computed before the experiment, from the deviation of an earlier one. Power
 * "observed" from the same values says nothing that their p does not.
 *
 * Range: `[alpha, 1]`.
 * Cost: an integral of 1,200 panels.
 * Source: the noncentral t distribution, as the mean over the sample deviation's
 * distribution.
 *
 * @param effect True mean difference, of either sign.
 * @param planned Pairs, deviation and level.
 * @returns The chance.
 * @throws {RangeError} If there are fewer than two pairs, the deviation is not
 * above 0, or alpha is not between 0 and 1.
 *
 * @example Usage
 * ```ts
 * import { power } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * assertAlmostEquals(power(0, { count: 5, deviation: 1 }), 0.05, 1e-9);
 * assertAlmostEquals(power(0.5, { count: 34, deviation: 1 }), 0.80778, 1e-5);
 * ```
 */
export function power(effect: number, planned: PlannedTest): number {
  checkPlan(planned);
  const { count, deviation, alpha = 0.05 } = planned;
  const critical = -studentQuantile(alpha / 2, count - 1);
  const shift = Math.abs(effect) / deviation * Math.sqrt(count);
  return outside(critical, shift, count - 1);
}

/**
 * The smallest effect that a two-sided paired t test finds with a given chance.
 *
 * An experiment that cannot see effects of the size it argues about should not be
 * run, and its "no difference" means nothing.
 *
 * @param planned Pairs, deviation and level; the chance wanted, default 0.8.
 * @returns The effect, in the unit of the deviation.
 * @throws {RangeError} As `power` does, or if the chance is not between alpha
 * and 1.
 *
 * @example Usage
 * ```ts
 * import { power, smallestEffect } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const planned = { count: 5, deviation: 0.002 };
 * const effect = smallestEffect(planned);
 * assertAlmostEquals(power(effect, planned), 0.8, 1e-9);
 * ```
 */
export function smallestEffect(
  planned: PlannedTest & { readonly chance?: number },
): number {
  const { alpha = 0.05, chance = 0.8, deviation } = planned;
  if (!(chance > alpha && chance < 1)) {
    throw new RangeError(
      `Cannot plan a test: expected a chance between alpha (${alpha}) and 1, got ${chance}`,
    );
  }
  let [low, high] = [0, deviation];
  while (power(high, planned) < chance) [low, high] = [high, 2 * high];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (power(middle, planned) < chance) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Refuses a plan that no test can follow. */
function checkPlan({ count, deviation, alpha = 0.05 }: PlannedTest): void {
  checkLevel(alpha);
  if (!Number.isSafeInteger(count) || count < 2) {
    throw new RangeError(
      `Cannot plan a test: expected at least two pairs, got ${count}`,
    );
  }
  if (deviation > 0 && deviation < Infinity) return;
  throw new RangeError(
    `Cannot plan a test: expected a deviation above 0, got ${deviation}`,
  );
}

/**
 * The chance that noncentral t lies beyond the critical value on either side: a
 * mean over the sample deviation `u`, in units of the true one, whose density is
 * proportional to `u^(freedom - 1) exp(-freedom u^2 / 2)`. Below `bend` the
 * chance falls, perhaps steeply; that part is integrated by itself.
 */
function outside(critical: number, shift: number, freedom: number): number {
  const spread = 9 / Math.sqrt(2 * freedom);
  const [low, high] = [Math.max(0, 1 - spread), 1 + spread];
  const bend = Math.min(high, Math.max(low, (shift + 9) / critical));
  const beyond = (u: number) =>
    normalCdf(shift - critical * u) + normalCdf(-shift - critical * u);
  const density = (u: number) => deviationDensity(u, freedom);
  const both = (of: (u: number) => number) =>
    simpson(of, low, bend) + simpson(of, bend, high);
  return both((u) => density(u) * beyond(u)) / both(density);
}

/** The integral of a smooth function, by Simpson's rule. */
function simpson(of: (u: number) => number, low: number, high: number): number {
  const width = (high - low) / PANELS;
  let sum = of(low) + of(high);
  for (let panel = 1; panel < PANELS; panel++) {
    sum += (panel % 2 ? 4 : 2) * of(low + panel * width);
  }
  return sum * width / 3;
}

/** The density of the sample deviation, up to a factor; 1 at `u = 1`. */
function deviationDensity(u: number, freedom: number): number {
  if (u === 0) return freedom === 1 ? Math.exp(0.5) : 0;
  return Math.exp(
    (freedom - 1) * Math.log(u) - freedom * (u * u - 1) / 2,
  );
}
