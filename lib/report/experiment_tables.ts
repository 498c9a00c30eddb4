import { crossedBootstrap } from "../num/crossed_bootstrap.ts";
import { mean } from "../num/mean.ts";
import { stream } from "../num/stream.ts";
import type { Results } from "../paper/load_results.ts";
import { MOST_SEEDS } from "../paper/noise_seeds.ts";
import type { Verdict } from "../paper/verdict.ts";
import type { Showable } from "./mime_bundle.ts";
import { type CellInterval, table } from "./table.ts";

/** One arm of an experiment and what it came to. */
export interface ArmMean extends CellInterval {
  /** Name of the arm. */
  readonly arm: string;
  /** Seeds it has. */
  readonly seeds: number;
}

/**
 * The mean of a measure for every arm that has rows, with its 95 % interval over
 * seeds and items (crossed bootstrap).
 *
 * The interval says how far the mean itself may move with other queries; two
 * arms on the same queries may differ though their intervals overlap.
 *
 * @param results The rows that count.
 * @param measure Name of the measure, default the experiment's.
 * @returns One entry an arm, in the order of the experiment.
 *
 * @example Usage
 * ```ts
 * import { armMeans, EXPERIMENTS, loadResults } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const options = { scale: "smoke", ledger: "data/none" } as const;
 * assertEquals(armMeans(await loadResults(EXPERIMENTS[0]!, options)), []);
 * ```
 */
export function armMeans(
  results: Results,
  measure = results.experiment.measure,
): ArmMean[] {
  return results.experiment.arms.flatMap(({ name }) => {
    const rows = [...results.arms.get(name)!.values()]
      .filter(({ row }) => row.seed <= MOST_SEEDS)
      .flatMap(({ values }) => values.values[measure] ?? []);
    const items = results.arms.get(name)!.values().next().value?.row.items;
    if (items === undefined || rows.length === 0) return [];
    const bySeed = Array.from(
      { length: rows.length / items },
      (_, i) => rows.slice(i * items, (i + 1) * items),
    );
    const { interval } = crossedBootstrap(bySeed, {
      random: stream(1, "arm"),
      draws: 2000,
    });
    const [value, seeds] = [mean(rows), bySeed.length];
    return [{ arm: name, value, ...interval, seeds }];
  });
}

/**
 * A table of an experiment's arms: mean with its interval, and the seeds it is of.
 *
 * @param results The rows that count.
 * @param options Measure, default the experiment's; digits, default 3.
 * @returns The table.
 *
 * @example Usage
 * ```ts
 * import { armTable, experimentNamed, loadResults } from "#lib/mod.ts";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const results = await loadResults(experimentNamed("S-2"), { scale: "small" });
 * assertStringIncludes(armTable(results).text, "decades at gamma 1");
 * ```
 */
export function armTable(
  results: Results,
  options: { readonly measure?: string; readonly digits?: number } = {},
): Showable {
  const { measure = results.experiment.measure, digits = 3 } = options;
  const rows = armMeans(results, measure).map((
    { arm, seeds, ...interval },
  ) => ({
    arm,
    [measure]: interval,
    seeds,
  }));
  return table(rows, { digits: { [measure]: digits, seeds: 0 } });
}

/**
 * A table of verdicts: claim, effect with interval, p, the smallest effect that
 * the design finds, the answer.
 *
 * @param verdicts From `verdictsOf`.
 * @param options Digits, default 4.
 * @returns The table.
 *
 * @example Usage
 * ```ts
 * import { experimentNamed, loadResults, verdictsOf, verdictTable } from "#lib/mod.ts";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const results = await loadResults(experimentNamed("S-2"), { scale: "small" });
 * assertStringIncludes(verdictTable(verdictsOf(results)).text, "holds");
 * ```
 */
export function verdictTable(
  verdicts: readonly Verdict[],
  { digits = 4 }: { readonly digits?: number } = {},
): Showable {
  return table(
    verdicts.map(({ claim, effect, interval, p, smallest, ...rest }) => ({
      claim: claim.says,
      effect: effect === undefined || interval === undefined
        ? effect
        : { value: effect, ...interval },
      wanted: claim.kind === "more"
        ? "above 0"
        : claim.kind === "same"
        ? `within ${claim.margin}`
        : `at least ${claim.least}`,
      p: p === undefined ? undefined : pText(p),
      "smallest by A/A": claim.kind === "always" ? undefined : smallest,
      seeds: rest.seeds,
      items: rest.items,
      verdict: rest.answer,
    })),
    { digits: { effect: digits, "smallest by A/A": digits } },
  );
}

/** A p value as people write it. */
function pText(p: number): string {
  return p < 0.001 ? "< 0.001" : p.toFixed(3);
}
