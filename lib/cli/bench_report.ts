import { quantile } from "../num/quantile.ts";
import { barsWithIntervals } from "../report/bars_with_intervals.ts";
import type { Figure } from "../report/figure.ts";
import { lines } from "../report/lines.ts";
import { table, type TableRow } from "../report/table.ts";
import type { BenchResult, PeerResult } from "./bench_contest.ts";
import type { GrowthResult } from "./bench_growth.ts";
import type { SystemResult } from "./bench_turns.ts";

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
  const bars = systemsOf(result).map(([label, { seconds, medianSeconds }]) => {
    const counted = seconds.length > 1 ? seconds.slice(1) : seconds;
    return {
      label,
      value: medianSeconds,
      low: quantile(counted, 0.25),
      high: quantile(counted, 0.75),
    };
  });
  const title = `${result.benchmark}: median and quartiles of a turn`;
  const width = Math.max(480, 160 + 130 * bars.length);
  return barsWithIntervals(bars, { y: "seconds", title, width });
}

/**
 * Draws growth: one line a system, seconds on a logarithmic axis.
 *
 * @param result What was measured.
 * @returns A figure.
 */
export function growthFigure(
  { benchmark, growth, points }: GrowthResult,
): Figure {
  const names = systemsOf(points[0]!).map(([name]) => name);
  const series = names.map((name, i) => ({
    name,
    x: points.map(({ size }) => size),
    y: points.map((point) => systemsOf(point)[i]![1].medianSeconds),
  }));
  return lines(series, {
    x: growth,
    y: "seconds",
    log: true,
    title: `${benchmark}: seconds by ${growth}`,
  });
}
