import { crossedBootstrap } from "../num/crossed_bootstrap.ts";
import { holm } from "../num/holm.ts";
import type { Interval } from "../num/mean_interval.ts";
import { smallestEffect } from "../num/power.ts";
import { stream } from "../num/stream.ts";
import type { AlwaysClaim, Claim, MoreClaim, SameClaim } from "./experiment.ts";
import { differenceTable, type Results } from "./load_results.ts";
import { MOST_SEEDS } from "./noise_seeds.ts";

/** Fewest seeds that a verdict is given on. */
export const FEWEST_SEEDS = 5;

/** Chance of even one false alarm in an experiment. */
export const ALPHA = 0.05;

/** What a claim comes to. */
export interface Verdict {
  /** The claim. */
  readonly claim: Claim;
  /** The answer; undecided where evidence or seeds do not suffice. */
  readonly answer: "holds" | "fails" | "undecided";
  /** Mean difference, or the least value of an `always`; absent without rows. */
  readonly effect?: number;
  /** Interval of the difference by crossed bootstrap: 95 %, or 90 % for `same`. */
  readonly interval?: Interval;
  /** p after Holm's correction over the experiment's claims. */
  readonly p?: number;
  /** Seeds that both arms have. */
  readonly seeds: number;
  /** Items of each seed. */
  readonly items: number;
  /** Smallest effect that the A/A run lets the design find in 8 of 10 repetitions. */
  readonly smallest?: number;
}

/** What the A/A run says of one measure. */
export interface Noise {
  /** The measure. */
  readonly measure: string;
  /** Baseline minus baseline with other seeds: should be about 0. */
  readonly difference: number;
  /** Its 95 % interval. */
  readonly interval: Interval;
  /** Smallest effect found with a chance of 0.8. */
  readonly smallest: number;
  /** Pairs of seeds. */
  readonly seeds: number;
}

/**
 * Decides the claims of an experiment by the house's rule of evidence.
 *
 * - `more` holds where the mean difference is above 0 and fails where it is below,
 *   each with p < 0.05; else it is undecided.
 * - `same` holds where the difference is shown to lie within the margin (two
 *   one-sided tests, p < 0.05), and fails where its 90 % interval lies outside.
 * - `always` fails by one exception.
 *
 * Differences are taken on the same seeds and items; p and interval come from a
 * bootstrap over both; p is corrected over all claims of the experiment by
 * Holm's method. Below five seeds nothing is decided, except by an exception.
 *
 * Random: stream `verdict` of seed 1, anew for every claim.
 *
 * @param results The rows that count.
 * @returns One verdict a claim, in their order.
 *
 * @example Usage
 * ```ts
 * import { EXPERIMENTS, loadResults, verdictsOf } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const [experiment] = EXPERIMENTS;
 * const results = await loadResults(experiment!, { scale: "smoke", ledger: "data/none" });
 * assertEquals(verdictsOf(results)[0]!.answer, "undecided");
 * ```
 */
export function verdictsOf(results: Results): Verdict[] {
  const { claims } = results.experiment;
  const tests = claims.map((claim) =>
    claim.kind === "always" ? exception(claim, results) : test(claim, results)
  );
  const tested = tests.flatMap(({ p }) => p === undefined ? [] : [p]);
  const corrected = holm(tested);
  let next = 0;
  return tests.map((found) => {
    const noise = noiseOf(results, found.claim.measure);
    const smallest = noise === undefined ? {} : { smallest: noise.smallest };
    if (found.p === undefined) return { ...found, ...smallest };
    const p = corrected[next++]!;
    return { ...found, ...smallest, p, answer: answerOf(found, p) };
  });
}

/**
 * What the A/A run says of a measure: how far two runs of the baseline lie apart
 * that differ only in their seeds, and so how small an effect can be seen.
 *
 *     smallest = effect that a t test over the pairs of seeds finds with chance
 *                0.8 at level 0.05 / claims, its deviation from the bootstrap
 *
 * Arms that share their seeds differ by less noise than this: it errs on the
 * side of caution.
 *
 * @param results The rows that count.
 * @param measure Name of the measure.
 * @returns The noise, or nothing where there are fewer than two pairs.
 *
 * @example Usage
 * ```ts
 * import { EXPERIMENTS, loadResults, noiseOf } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const [experiment] = EXPERIMENTS;
 * const results = await loadResults(experiment!, { scale: "smoke", ledger: "data/none" });
 * assertEquals(noiseOf(results, experiment!.measure), undefined);
 * ```
 */
export function noiseOf(results: Results, measure: string): Noise | undefined {
  const { baseline, claims } = results.experiment;
  const { table, seeds } = differenceTable(results, {
    arm: baseline,
    than: baseline,
    measure,
    twins: true,
  });
  if (seeds.length < 2) return undefined;
  const { mean, interval, standardError } = bootstrap(table);
  const deviation = standardError * Math.sqrt(seeds.length);
  const compared = claims.filter(({ kind }) => kind !== "always").length;
  const alpha = ALPHA / Math.max(1, compared);
  const smallest = deviation === 0
    ? 0
    : smallestEffect({ count: seeds.length, deviation, alpha });
  return {
    measure,
    difference: mean,
    interval,
    smallest,
    seeds: seeds.length,
  };
}

/** A verdict before Holm's correction. */
type Test = Omit<Verdict, "smallest">;

/** Tests a claim on differences. */
function test(claim: MoreClaim | SameClaim, results: Results): Test {
  const { table, seeds, items } = differenceTable(results, claim);
  const none = {
    claim,
    answer: "undecided" as const,
    seeds: seeds.length,
    items: items.length,
  };
  if (seeds.length < FEWEST_SEEDS) {
    if (seeds.length === 0) return none;
    return { ...none, effect: crossedMean(table) };
  }
  if (claim.kind === "more") {
    const { mean, interval, p } = bootstrap(table);
    return { ...none, effect: mean, interval, p };
  }
  const { mean, interval } = bootstrap(table, 0.9);
  const p = Math.max(
    chanceBelow(table, claim.margin),
    chanceBelow(table.map((row) => row.map((value) => -value)), claim.margin),
  );
  return { ...none, effect: mean, interval, p };
}

/** One-sided p of the mean lying below minus the margin. */
function chanceBelow(
  table: readonly (readonly number[])[],
  margin: number,
): number {
  const { mean, p } = bootstrap(
    table.map((row) => row.map((value) => value + margin)),
  );
  return mean > 0 ? p / 2 : 1 - p / 2;
}

function bootstrap(table: readonly (readonly number[])[], level = 0.95) {
  return crossedBootstrap(table, { level, random: stream(1, "verdict") });
}

function crossedMean(table: readonly (readonly number[])[]): number {
  const all = table.flat();
  return all.reduce((sum, value) => sum + value, 0) / all.length;
}

/** The answer on a tested claim. */
function answerOf(
  { claim, effect, interval }: Test,
  p: number,
): Verdict["answer"] {
  if (claim.kind === "same") {
    if (p < ALPHA) return "holds";
    const { margin } = claim;
    const isOutside = interval!.low > margin || interval!.high < -margin;
    return isOutside ? "fails" : "undecided";
  }
  if (!(p < ALPHA)) return "undecided";
  return effect! > 0 ? "holds" : "fails";
}

/** Looks for an exception to an `always`. */
function exception(claim: AlwaysClaim, results: Results): Test {
  const rows = claim.arms.map((arm) =>
    [...results.arms.get(arm)!.values()]
      .filter(({ row }) => row.seed <= MOST_SEEDS)
  );
  const values = rows.flat().flatMap((entry) =>
    entry.values.values[claim.measure] ?? []
  );
  const seeds = Math.min(...rows.map((list) => list.length));
  const items = rows[0]?.[0]?.row.items ?? 0;
  const found = { claim, seeds, items };
  if (values.length === 0) return { ...found, answer: "undecided" };
  const effect = values.reduce((least, value) => Math.min(least, value));
  const holds = seeds >= FEWEST_SEEDS ? "holds" : "undecided";
  return { ...found, effect, answer: effect < claim.least ? "fails" : holds };
}
