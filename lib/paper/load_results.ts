import { type LedgerEntry, readLedger } from "../store/results/ledger.ts";
import type { Arm, Experiment, Scale } from "./experiment.ts";
import { RESULTS_FOLDER } from "./data_folders.ts";
import { twinSeed } from "./noise_seeds.ts";
import { RESULTS_EPOCH } from "./results_epoch.ts";
import { settingsHash } from "./settings_hash.ts";

/** The rows of an experiment that count, at one scale. */
export interface Results {
  /** The experiment. */
  readonly experiment: Experiment;
  /** The scale. */
  readonly scale: Scale;
  /** Entries by arm, then seed. */
  readonly arms: ReadonlyMap<string, ReadonlyMap<number, LedgerEntry>>;
  /** Rows of this scale that no longer count: other settings, or an older epoch. */
  readonly stale: number;
}

/**
 * Reads the rows of an experiment that count: of this scale, of this epoch, and
 * with the settings that the experiment has now.
 *
 * @param experiment The experiment.
 * @param options Scale; folder of ledgers, default the one that comes with the lab.
 * @returns Entries by arm and seed; arms without any have an empty map.
 * @throws {SyntaxError} If the ledger is damaged.
 *
 * @example Usage
 * ```ts
 * import { EXPERIMENTS, loadResults } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const [experiment] = EXPERIMENTS;
 * const results = await loadResults(experiment!, { scale: "smoke", ledger: "data/none" });
 * assertEquals(results.arms.get(experiment!.baseline)!.size, 0);
 * ```
 */
export async function loadResults(
  experiment: Experiment,
  options: { readonly scale: Scale; readonly ledger?: string },
): Promise<Results> {
  const { scale, ledger = RESULTS_FOLDER } = options;
  const entries = (await readLedger(ledger, experiment.id))
    .filter(({ row }) => row.scale === scale);
  let counted = 0;
  const ofArm = (arm: Arm) => {
    const { hash } = settingsHash(experiment, scale, arm);
    const own = entries.filter(({ row }) =>
      row.hash === hash && row.epoch === RESULTS_EPOCH
    );
    counted += own.length;
    return new Map(own.map((entry) => [entry.row.seed, entry]));
  };
  const arms = new Map(experiment.arms.map((arm) => [arm.name, ofArm(arm)]));
  return { experiment, scale, arms, stale: entries.length - counted };
}

/** The differences of two arms, and what they are of. */
export interface DifferenceTable {
  /** Seeds of the rows. */
  readonly seeds: readonly number[];
  /** Items of the columns. */
  readonly items: readonly string[];
  /** First arm minus second, by seed, then item. */
  readonly table: readonly (readonly number[])[];
}

/**
 * Differences of two arms on the same seeds and items: the table that verdicts
 * are made from.
 *
 * @param results The rows that count.
 * @param pair Arm, the arm it is held against, and the measure. `twins` takes the
 * second arm's rows from the twin seeds.
 * @returns Differences of the seeds that both have.
 * @throws {RangeError} If the two have other items, or lack the measure.
 *
 * @example Usage
 * ```ts
 * import { differenceTable, experimentNamed, loadResults } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const results = await loadResults(experimentNamed("S-2"), { scale: "small" });
 * const pair = { arm: "beta 0.9", than: "beta 0", measure: "decades at gamma 10" };
 * const { seeds, items, table } = differenceTable(results, pair);
 * assertEquals([seeds.length, items.length], [table.length, table[0]!.length]);
 * ```
 */
export function differenceTable(
  results: Results,
  pair: {
    readonly arm: string;
    readonly than: string;
    readonly measure: string;
    readonly twins?: boolean;
  },
): DifferenceTable {
  const { arm, than, measure, twins = false } = pair;
  const [first, second] = [results.arms.get(arm)!, results.arms.get(than)!];
  const partner = (seed: number) => twins ? twinSeed(seed) : seed;
  const seeds = [...first.keys()].filter((seed) => second.has(partner(seed)))
    .sort((a, b) => a - b);
  const items = seeds.length === 0 ? [] : first.get(seeds[0]!)!.values.items;
  const table = seeds.map((seed) => {
    const [a, b] = [first.get(seed)!, second.get(partner(seed))!];
    for (const { row, values } of [a, b]) {
      checkItems(row.arm, values.items, items);
    }
    const [one, other] = [a, b].map(({ row, values }) =>
      values.values[measure] ?? missing(row.arm, measure)
    );
    return one!.map((value, i) => value - other![i]!);
  });
  return { seeds, items, table };
}

/** Refuses rows that were measured on other items. */
function checkItems(
  arm: string,
  got: readonly string[],
  expected: readonly string[],
): void {
  if (
    got.length === expected.length && got.every((id, i) => id === expected[i])
  ) {
    return;
  }
  throw new RangeError(
    `Cannot compare arms: expected the same ${expected.length} items in the same order, got ${got.length} others of ${arm}`,
  );
}

function missing(arm: string, measure: string): never {
  throw new RangeError(
    `Cannot compare arms: expected the measure ${measure}, got a row of ${arm} without it`,
  );
}
