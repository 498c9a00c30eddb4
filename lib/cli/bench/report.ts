import { quantile } from "../../num/quantile.ts";
import { barsWithIntervals } from "../../report/bars_with_intervals.ts";
import type { Figure } from "../../report/figure.ts";
import { lines } from "../../report/lines.ts";
import { table, type TableRow } from "../../report/table.ts";
import type { BenchResult, PeerResult } from "./contest.ts";
import type { GrowthResult } from "./growth.ts";
import type { SystemResult } from "./turns.ts";

const COLUMNS = {
  digits: { time: 3, "tokens/s": 0, memory: 2, start: 1, ratio: 2 },
  units: { time: "s", memory: "GiB", start: "s" },
};

/** Every system of a result by name, ours first. */
function systemsOf(result: BenchResult): [string, SystemResult][] {
  const { engine, precision, peers } = result;
  return [[`${engine} ${precision}`, result], ...Object.entries(peers)];
}

/**
 * A result as a table, one row a system.
 *
 * @param result What was measured.
 * @returns Fixed-width text.
 */
export function benchText(result: BenchResult): string {
  const rows = systemsOf(result).map(([system, measured]) => ({
    system,
    ...rowOf(measured),
  }));
  return table(rows, COLUMNS).text;
}

/**
 * Results at several sizes as a table, one row a size and system.
 *
 * @param result What was measured.
 * @returns Fixed-width text.
 */
export function growthText({ growth, points }: GrowthResult): string {
  const rows = points.flatMap((point) =>
    systemsOf(point).map(([system, measured]) => ({
      [growth]: point.size,
      system,
      ...rowOf(measured),
    }))
  );
  return table(rows, COLUMNS).text;
}

function rowOf(result: SystemResult): TableRow {
  const { ratio } = result as Partial<PeerResult>;
  const isPeer = "difference" in result;
  return {
    time: result.medianSeconds,
    "tokens/s": result.tokensPerSecond,
    memory: result.peakMemoryBytes / 2 ** 30,
    start: result.startSeconds,
    ratio: isPeer ? ratio : undefined,
  };
}

/**
 * Draws a result: one bar a system, the median of its turns with their quartiles.
 *
 * @param result What was measured.
 * @returns A figure.
 */
export function benchFigure(result: BenchResult): Figure {
  const bars = systemsOf(result).map(([label, measured]) => ({
    label,
    value: measured.medianSeconds,
    ...quartilesOf(measured),
  }));
  const title = `${result.benchmark}: median and quartiles of a turn`;
  const width = Math.max(480, 160 + 130 * bars.length);
  return barsWithIntervals(bars, { y: "seconds", title, width });
}

/** Quartiles of the turns that count. */
function quartilesOf(
  { seconds }: SystemResult,
): { readonly low: number; readonly high: number } {
  const counted = seconds.length > 1 ? seconds.slice(1) : seconds;
  return { low: quantile(counted, 0.25), high: quantile(counted, 0.75) };
}

/**
 * Draws growth: one line a system over the sizes, a band between its quartiles. Both
 * axes are logarithmic: what grows in proportion rises like the squares' diagonal.
 *
 * @param result What was measured.
 * @returns A figure.
 */
export function growthFigure(
  { benchmark, growth, points }: GrowthResult,
): Figure {
  const sizes = points.map(({ size }) => size);
  const series = systemsOf(points[0]!).map(([name], i) => {
    const results = points.map((point) => systemsOf(point)[i]![1]);
    const quartiles = results.map(quartilesOf);
    return {
      name,
      x: sizes,
      y: results.map(({ medianSeconds }) => medianSeconds),
      low: quartiles.map(({ low }) => low),
      high: quartiles.map(({ high }) => high),
    };
  });
  return lines(series, {
    x: UNITS[growth] === undefined ? growth : `${growth} (${UNITS[growth]})`,
    y: "seconds a turn",
    ...{ log: true, logX: true, dots: true },
    ticksX: sizes,
    ticks: roundNumbers(series.flatMap(({ low, high }) => [...low, ...high])),
    title: `${benchmark}: median and quartiles by ${growth}`,
  });
}

/** Units of what grows, where it is no number of things. */
const UNITS: Readonly<Record<string, string>> = {
  length: "tokens",
  dim: "numbers a vector",
};

/** Round numbers over the range of some times: few, and at least one beyond each end. */
function roundNumbers(values: readonly number[]): number[] {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const leads = most / least > 5 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 8];
  const tens = [-7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4];
  const all = tens.flatMap((ten) =>
    leads.map((lead) => Number(`${lead}e${ten}`))
  );
  return all.filter((_, i) => all[i + 1]! > least && (all[i - 1] ?? 0) < most);
}
