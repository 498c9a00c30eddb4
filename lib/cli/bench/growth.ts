import { type SettingValue, settingValue } from "../../train/setting.ts";
import type { BenchResult } from "./contest.ts";
import { type BenchmarkName, BENCHMARKS } from "./flags.ts";
import { type BenchSettings, benchSettings } from "./settings.ts";

/** A benchmark's results at several sizes of one thing. */
export interface GrowthResult {
  readonly benchmark: string;
  /** What grew. */
  readonly growth: string;
  /**
   * One result a size, ascending. Our process stays the same: its memory is the most so
   * far, and only the first size has our seconds to the first turn.
   */
  readonly points: readonly (BenchResult & { readonly size: number })[];
}

/** Settings at each size. */
export type GrowthPlan = readonly {
  readonly size: number;
  readonly settings: BenchSettings;
}[];

/**
 * The settings of every size of `--growth`, checked before anything is timed.
 *
 * @param name The benchmark.
 * @param given Flags that were given, checked; `growth` among them.
 * @returns Settings by ascending size.
 * @throws {RangeError} If a size is none that its flag takes.
 */
export function growthPlan(
  name: BenchmarkName,
  given: Readonly<Record<string, SettingValue>>,
): GrowthPlan {
  const { flags, growth } = BENCHMARKS[name];
  const { flag, sizes } = growth[String(given.growth)]!;
  const asked = benchSettings(name, given).sizes ?? sizes;
  return asked.toSorted((a, b) => a - b).map((size) => {
    const value = settingValue(`--sizes for --${flag}`, size, flags[flag]!);
    return { size, settings: benchSettings(name, { ...given, [flag]: value }) };
  });
}

/**
 * Runs a benchmark at every size.
 *
 * @param plan Settings at each size.
 * @param options The benchmark, what grows, and how to run it once.
 * @returns The results.
 */
export async function runGrowth(
  plan: GrowthPlan,
  { benchmark, growth, run }: {
    readonly benchmark: string;
    readonly growth: string;
    readonly run: (settings: BenchSettings) => Promise<BenchResult>;
  },
): Promise<GrowthResult> {
  const points: (BenchResult & { readonly size: number })[] = [];
  for (const { size, settings } of plan) {
    const { startSeconds, ...result } = await run(settings);
    const isFirst = points.length === 0;
    const start = isFirst && startSeconds !== undefined ? { startSeconds } : {};
    points.push({ size, ...result, ...start });
  }
  return { benchmark, growth, points };
}
