import type { ProgressReport } from "../num/progress.ts";
import { duration } from "./duration.ts";

/** What is known of long work's speed. */
export interface Pace {
  /** Units a second, over the last reports; 0 at the first. */
  readonly rate: number;
  /** Seconds since the work's first report. */
  readonly elapsed: number;
  /** Seconds to go; absent where the end is not known or nothing is done yet. */
  readonly left?: number;
}

/**
 * Follows reports of long work and tells its pace.
 *
 *     rate = (done now - done then) / (time now - time then)
 *
 * where "then" is the last report at least half as old as the work, so that a
 * slow start is forgotten. A new label, or a smaller `done`, starts anew.
 *
 * @param now A clock in milliseconds.
 * @returns A function to be called with every report.
 *
 * @example Usage
 * ```ts
 * import { paceOf } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * let clock = 0;
 * const pace = paceOf(() => clock);
 * pace({ label: "train", done: 0, total: 30 });
 * clock = 2000;
 * assertEquals(pace({ label: "train", done: 10, total: 30 }), { rate: 5, elapsed: 2, left: 4 });
 * ```
 */
export function paceOf(now: () => number): (report: ProgressReport) => Pace {
  let label: string | undefined;
  let marks: { readonly at: number; readonly done: number }[] = [];
  return (report) => {
    const at = now();
    if (report.label !== label || report.done < (marks.at(-1)?.done ?? 0)) {
      label = report.label;
      marks = [];
    }
    const first = marks[0] ?? { at, done: report.done };
    marks.push({ at, done: report.done });
    const middle = first.at + (at - first.at) / 2;
    const then = marks.findLast((mark) => mark.at <= middle) ?? first;
    if (marks.length > 512) marks = [first, ...marks.slice(256)];
    const seconds = (at - then.at) / 1000;
    const rate = seconds > 0 ? (report.done - then.done) / seconds : 0;
    const elapsed = (at - first.at) / 1000;
    if (report.total === undefined || rate <= 0) return { rate, elapsed };
    return { rate, elapsed, left: (report.total - report.done) / rate };
  };
}

/**
 * One report as one line without its bar: how far, how fast, the figures, and
 * how long still.
 *
 * @param report The report.
 * @param pace What is known of its speed.
 * @returns Such as `40/100 · 5.0/s · loss 1.234 · 12 s left`.
 *
 * @example Usage
 * ```ts
 * import { progressText } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const report = { label: "train", done: 40, total: 100, figures: { loss: 1.2341 } };
 * assertEquals(
 *   progressText(report, { rate: 5, elapsed: 8, left: 12 }),
 *   "40/100 · 5.0/s · loss 1.234 · 12 s left",
 * );
 * ```
 */
export function progressText(
  { done, total, figures = {} }: ProgressReport,
  { rate, elapsed, left }: Pace,
): string {
  const shown = Object.entries(figures)
    .map(([name, value]) => `${name} ${figureText(value)}`);
  const isOver = total !== undefined && done >= total;
  return [
    total === undefined ? `${done}` : `${done}/${total}`,
    ...(rate > 0 ? [`${rateText(rate)}/s`] : []),
    ...shown,
    ...(isOver
      ? [`${duration(elapsed)} in all`]
      : left === undefined
      ? []
      : [`${duration(left)} left`]),
  ].join(" · ");
}

function rateText(rate: number): string {
  return rate >= 100 ? rate.toFixed(0) : rate.toPrecision(2);
}

/** Four significant digits, plainly: not 1.2e+3, and NaN stays visible. */
function figureText(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(2);
  return size >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(4)));
}
