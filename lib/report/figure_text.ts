import type { Figure, PlotlyObject } from "./figure.ts";
import { rounded } from "./figure.ts";

/**
 * A figure in words, for readers without pictures: the title, and a line a
 * trace with where it starts and ends.
 *
 * @param figure The figure.
 * @returns One or more lines.
 *
 * @example Usage
 * ```ts
 * import { figureText, lines } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const loss = { name: "loss", x: [1, 2, 3], y: [3, 2, 1] };
 * assertEquals(
 *   figureText(lines([loss], { title: "Training" })),
 *   "Figure: Training\n  loss: 3 points, from 3 to 1",
 * );
 * ```
 */
export function figureText(figure: Figure): string {
  const title = (figure.layout.title as { text?: string } | undefined)?.text;
  const traces = figure.data.map(traceText).filter((line) => line !== "");
  return [`Figure: ${plain(title ?? "no title")}`, ...traces].join("\n  ");
}

function traceText(trace: PlotlyObject): string {
  if (trace.hoverinfo === "skip") return "";
  const rows = trace.z as readonly (readonly number[])[] | undefined;
  if (Array.isArray(rows)) return matrixText(rows);
  const flat = trace.orientation === "h" ? trace.x : trace.y;
  if (!Array.isArray(flat)) return `${trace.type ?? "trace"}`;
  return trace.type === "bar" ? barText(trace, flat) : pathText(trace, flat);
}

function matrixText(rows: readonly (readonly number[])[]): string {
  const all = rows.flat().filter(Number.isFinite);
  const range = all.length === 0
    ? "no numbers"
    : `from ${Math.min(...all)} to ${Math.max(...all)}`;
  return `${rows.length} by ${rows[0]?.length ?? 0} cells, ${range}`;
}

function barText(trace: PlotlyObject, values: readonly number[]): string {
  const labels = (trace.orientation === "h" ? trace.y : trace.x) as unknown[];
  return values.map((value, i) => `${labels[i]}: ${rounded(value)}`)
    .join("\n  ");
}

function pathText(trace: PlotlyObject, values: readonly number[]): string {
  const name = trace.name === undefined ? "" : `${trace.name}: `;
  const ends = values.length === 0
    ? ""
    : `, from ${rounded(values[0]!)} to ${rounded(values.at(-1)!)}`;
  return `${name}${values.length} points${ends}`;
}

/** Text without plotly's few HTML tags. */
function plain(text: string): string {
  return text.replaceAll(/<br ?\/?>/g, " ").replaceAll(/<[^>]+>/g, "");
}
