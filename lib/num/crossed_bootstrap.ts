import { mean } from "./mean.ts";
import { checkLevel, type Interval } from "./mean_interval.ts";
import { quantiles } from "./quantile.ts";
import { checkDraws } from "./randomisation.ts";
import { ShapeError } from "./shape_error.ts";
import { standardDeviation } from "./standard_deviation.ts";
import { type Stream, stream } from "./stream.ts";

/** What a crossed bootstrap found. */
export interface CrossedBootstrap {
  /** Mean over the whole table. */
  readonly mean: number;
  /** Percentile interval of the mean. */
  readonly interval: Interval;
  /** Standard deviation of the mean over the draws. */
  readonly standardError: number;
  /** Two-sided chance, by the share of draws on the far side of 0. */
  readonly p: number;
}

/** How a crossed bootstrap draws. */
export interface CrossedBootstrapOptions {
  /** Tables drawn, default 10,000. */
  readonly draws?: number;
  /** Level of the interval, default 0.95. */
  readonly level?: number;
  /** The random stream, default that of seed 1. */
  readonly random?: Stream;
}

/**
 * Bootstrap of a mean over two crossed factors, such as seeds and queries: both
 * are drawn anew with replacement, and the mean is taken where they cross.
 *
 *     draw: rows r_1 .. r_R and columns c_1 .. c_C with replacement,
 *           mean over i, j of table[r_i][c_j]
 *     p = 2 (1 + draws on the far side of 0) / (1 + draws), at most 1
 *
 * Give it differences of two arms on the same seeds and queries. Drawing only
 * queries would call a lucky seed an effect. With few rows the interval is too
 * narrow by about `sqrt((R - 1) / R)` in the share that rows contribute: with
 * five seeds 11 %. A value that is not a number makes every result one.
 *
 * Cost: `draws * rows * columns` multiplications.
 * Random: rows + columns draws for every table, rows first.
 * Source: Owen 2007, the pigeonhole bootstrap.
 *
 * @param table `[rows, columns]`, for example differences by seed, then query.
 * @param options Draws, level and random stream.
 * @returns Mean, interval, standard error and p.
 * @throws {ShapeError} If rows differ in length.
 * @throws {RangeError} If there is no row or column, draws is not a whole number
 * of at least 2, or the level is not between 0 and 1.
 *
 * @example Usage
 * ```ts
 * import { crossedBootstrap } from "#lib/mod.ts";
 * import { assert } from "@std/assert";
 *
 * const bySeedAndQuery = [[0.1, 0.3, 0.2], [0.2, 0.4, 0.1]];
 * const { interval, p } = crossedBootstrap(bySeedAndQuery, { draws: 1000 });
 * assert(interval.low > 0 && interval.high < 0.4 && p < 0.01);
 * ```
 */
export function crossedBootstrap(
  table: readonly ArrayLike<number>[],
  options: CrossedBootstrapOptions = {},
): CrossedBootstrap {
  const {
    draws = 10_000,
    level = 0.95,
    random = stream(1, "crossed bootstrap"),
  } = options;
  checkDraws(draws);
  checkLevel(level);
  if (draws < 2) {
    throw new RangeError("Cannot bootstrap: expected at least 2 draws, got 1");
  }
  checkTable(table);
  const means = Float64Array.from(
    { length: draws },
    () => drawnMean(table, random),
  );
  const [low, high] = quantiles(means, [(1 - level) / 2, (1 + level) / 2]);
  return {
    mean: mean(table.map((row) => mean(row))),
    interval: { low: low!, high: high! },
    standardError: standardDeviation(means),
    p: farSide(means),
  };
}

/** Refuses a table that is none. */
function checkTable(table: readonly ArrayLike<number>[]): void {
  const columns = table[0]?.length ?? 0;
  if (columns === 0) {
    throw new RangeError(
      `Cannot bootstrap: expected a row and a column, got ${table.length} rows of ${columns}`,
    );
  }
  const other = table.findIndex((row) => row.length !== columns);
  if (other < 0) return;
  throw new ShapeError(
    "bootstrap a table",
    `rows of ${columns}`,
    `row ${other} of ${table[other]!.length}`,
  );
}

/** The mean where drawn rows and drawn columns cross. */
function drawnMean(
  table: readonly ArrayLike<number>[],
  random: Stream,
): number {
  const columns = table[0]!.length;
  const rowTimes = drawnTimes(table.length, random);
  const columnTimes = drawnTimes(columns, random);
  let sum = 0;
  for (let row = 0; row < table.length; row++) {
    if (rowTimes[row] === 0) continue;
    const values = table[row]!;
    let rowSum = 0;
    for (let column = 0; column < columns; column++) {
      rowSum += columnTimes[column]! * values[column]!;
    }
    sum += rowTimes[row]! * rowSum;
  }
  return sum / (table.length * columns);
}

/** How often each of `count` things comes in as many draws with replacement. */
function drawnTimes(count: number, random: Stream): Int32Array {
  const times = new Int32Array(count);
  for (let draw = 0; draw < count; draw++) times[random.integer(count)]!++;
  return times;
}

/** Twice the share of draws on the rarer side of 0, those at 0 on both. */
function farSide(means: Float64Array): number {
  if (means.some(Number.isNaN)) return NaN;
  const below = means.filter((value) => value <= 0).length;
  const above = means.filter((value) => value >= 0).length;
  return Math.min(1, 2 * (1 + Math.min(below, above)) / (1 + means.length));
}
