import type { Progress, ProgressReport } from "../num/progress.ts";
import { escapeHtml } from "./escape_html.ts";
import { type Pace, paceOf, progressText } from "./pace.ts";
import type { Sink } from "./sink.ts";

/** Settings of {@linkcode notebookProgress}. */
export interface NotebookProgressOptions {
  /** A clock in milliseconds. */
  readonly now?: () => number;
  /** The figure whose curve is drawn under the bar, default `loss`. */
  readonly curve?: string;
}

/** Points kept for the curve; older ones are thinned out. */
const MOST_POINTS = 400;

let bars = 0;

/**
 * Draws reports of long work in a notebook: a bar, a line of words, and the
 * curve of the loss so far, redrawn in place about four times a second.
 *
 * When the work is over the curve goes and one line stays, so that what is
 * saved is small; show the final curve as a figure.
 *
 * @param sink The notebook's page.
 * @param options Clock, and which figure is drawn.
 * @returns A callback to be given to long work.
 *
 * @example Usage
 * ```ts
 * import { notebookProgress } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const seen: unknown[] = [];
 * const page = { live: true, send: (bundle: unknown) => void seen.push(bundle) };
 * notebookProgress(page)({ label: "train", done: 1, total: 2 });
 * assertEquals(seen.length, 1);
 * ```
 */
export function notebookProgress(
  sink: Sink,
  { now = () => performance.now(), curve = "loss" }: NotebookProgressOptions =
    {},
): Progress {
  const pace = paceOf(now);
  let id = "";
  let label: string | undefined;
  let next = 0;
  let points: (readonly [number, number])[] = [];
  return (report) => {
    const state = pace(report);
    if (report.note !== undefined) {
      const words = `${report.label}: ${report.note}`;
      void sink.send({ "text/plain": words });
    }
    const isNew = report.label !== label;
    if (isNew) {
      label = report.label;
      id = `progress-${crypto.randomUUID().slice(0, 8)}-${bars++}`;
      points = [];
    }
    const value = report.figures?.[curve];
    if (value !== undefined) {
      points = thinned([...points, [report.done, value]]);
    }
    const isOver = report.done === report.total;
    if (!isNew && !isOver && now() < next) return;
    next = now() + 250;
    const words = `${report.label}: ${progressText(report, state)}`;
    const bundle = isOver
      ? { "text/plain": words }
      : { "text/html": page(report, state, points), "text/plain": words };
    void sink.send(bundle, { id, update: !isNew });
  };
}

/** Every other point, once there are more than the curve can show. */
function thinned(
  points: (readonly [number, number])[],
): (readonly [number, number])[] {
  return points.length <= MOST_POINTS
    ? points
    : points.filter((_, i) => i % 2 === 0 || i === points.length - 1);
}

function page(
  report: ProgressReport,
  pace: Pace,
  points: readonly (readonly [number, number])[],
): string {
  const { label, done, total } = report;
  const share = total === undefined ? "" : ` value="${done}" max="${total}"`;
  return `<div style="font-family:sans-serif;font-size:13px">` +
    `<b>${
      escapeHtml(label)
    }</b> <progress${share} style="width:240px;vertical-align:middle"></progress> ` +
    `${escapeHtml(progressText(report, pace))}${curveOf(points, total)}</div>`;
}

/** A small SVG: the curve in its box, with its highest and lowest value. */
function curveOf(
  points: readonly (readonly [number, number])[],
  total: number | undefined,
): string {
  const finite = points.filter(([, value]) => Number.isFinite(value));
  if (finite.length < 2) return "";
  const values = finite.map(([, value]) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const span = high > low ? high - low : 1;
  const end = total ?? finite.at(-1)![0];
  const path = finite.map(([x, y]) =>
    `${(x / end * 480).toFixed(1)},${(90 - (y - low) / span * 80).toFixed(1)}`
  ).join(" ");
  return `<br><svg width="560" height="100" viewBox="0 0 560 100">` +
    `<rect x="0" y="4" width="482" height="92" fill="none" stroke="#ccc"/>` +
    `<polyline points="${path}" fill="none" stroke="#0072b2" stroke-width="1.5"/>` +
    `<text x="488" y="16" font-size="11">${high.toPrecision(4)}</text>` +
    `<text x="488" y="94" font-size="11">${low.toPrecision(4)}</text></svg>`;
}
