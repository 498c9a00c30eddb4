import type { Progress, ProgressReport } from "../num/progress.ts";
import { notebookProgress } from "./notebook_progress.ts";
import { paceOf, progressText } from "./pace.ts";
import { currentSink } from "./sink.ts";

/** Where a bar is drawn and which clock it reads. */
export interface ProgressOptions {
  /** Takes text; default standard error. */
  readonly write?: (text: string) => void;
  /** A clock in milliseconds. */
  readonly now?: () => number;
}

/**
 * Draws reports of long work for whoever watches: a bar in a notebook, a bar
 * that redraws itself in a terminal, plain lines in a log, nothing under the
 * notebook runner.
 *
 * @returns A callback to be given to long work.
 *
 * @example Usage
 * ```ts
 * import { progressBar, useSink } from "#lib/mod.ts";
 *
 * const before = useSink({ live: false, send: () => {} });
 * progressBar()({ label: "train", done: 1, total: 2 }); // nobody watches
 * useSink(before);
 * ```
 */
export function progressBar(): Progress {
  const sink = currentSink();
  if (sink) return sink.live ? notebookProgress(sink) : () => {};
  return Deno.stderr.isTerminal() ? terminalProgress() : logProgress();
}

/**
 * Draws a bar that redraws itself on one line of a terminal.
 *
 * @param options Where to, which clock, and how wide (columns, default the
 * terminal's, else 80).
 * @returns A callback to be given to long work.
 *
 * @example Usage
 * ```ts
 * import { terminalProgress } from "#lib/mod.ts";
 * import { assertStringIncludes } from "@std/assert";
 *
 * let text = "";
 * const progress = terminalProgress({ write: (part) => text += part, now: () => 0, width: 60 });
 * progress({ label: "train", done: 1, total: 2 });
 * assertStringIncludes(text, "1/2");
 * ```
 */
export function terminalProgress(
  options: ProgressOptions & { readonly width?: number } = {},
): Progress {
  const { write = writeError, now = clock, width = terminalWidth() } = options;
  const pace = paceOf(now);
  let drawn: { readonly at: number; readonly label: string } | undefined;
  return (report) => {
    const state = pace(report);
    const at = now();
    const isOver = report.done === report.total;
    if (report.note !== undefined) {
      // In place of the bar, which is drawn anew below it.
      write(`${drawn ? "\r\x1b[K" : ""}${noteText(report)}\n`);
      drawn = undefined;
    }
    const isNew = drawn?.label !== report.label;
    if (!isOver && !isNew && at - drawn!.at < 100) return;
    const text = ` ${progressText(report, state)}`;
    const line = `${report.label} ${bar(report, width - text.length)}${text}`;
    const shown = [...line].slice(0, width - 1).join("");
    // A label that never came to its end keeps its line.
    const before = isNew && drawn ? "\n" : "";
    write(`${before}\r\x1b[K${shown}${isOver ? "\n" : ""}`);
    drawn = isOver ? undefined : { at, label: report.label };
  };
}

/**
 * Writes a plain line now and then, for logs.
 *
 * The first and the last report of a label, and notes, are always written.
 *
 * @param options Where to, which clock, and seconds between lines, default 10.
 * @returns A callback to be given to long work.
 *
 * @example Usage
 * ```ts
 * import { logProgress } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * let text = "";
 * const progress = logProgress({ write: (part) => text += part, now: () => 0 });
 * progress({ label: "train", done: 0, total: 2 });
 * progress({ label: "train", done: 1, total: 2 });
 * assertEquals(text, "train: 0/2\n");
 * ```
 */
export function logProgress(
  options: ProgressOptions & { readonly every?: number } = {},
): Progress {
  const { write = writeError, now = clock, every = 10 } = options;
  const pace = paceOf(now);
  let label: string | undefined;
  let next = 0;
  return (report) => {
    const state = pace(report);
    const at = now();
    const isOver = report.done === report.total;
    if (report.note !== undefined) write(`${noteText(report)}\n`);
    if (report.label === label && !isOver && at < next) return;
    label = report.label;
    next = at + every * 1000;
    write(`${report.label}: ${progressText(report, state)}\n`);
  };
}

/** A note as a line of its own. */
function noteText({ label, note }: ProgressReport): string {
  return `${label}: ${note}`;
}

/** `[####....]`, as long as there is room, or nothing where the end is not known. */
function bar({ label, done, total }: ProgressReport, room: number): string {
  const length = Math.min(24, room - label.length - 4);
  if (total === undefined || total <= 0 || length < 4) return "";
  const full = Math.round(length * Math.min(1, done / total));
  return `[${"#".repeat(full)}${".".repeat(length - full)}]`;
}

function clock(): number {
  return performance.now();
}

const encoder = new TextEncoder();

function writeError(text: string): void {
  Deno.stderr.writeSync(encoder.encode(text));
}

function terminalWidth(): number {
  try {
    return Deno.consoleSize().columns;
  } catch {
    return 80;
  }
}
