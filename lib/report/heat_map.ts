import { ShapeError } from "../num/shape_error.ts";
import { type Figure, figure, type FigureOptions } from "./figure.ts";

/** Settings of {@linkcode heatMap}. */
export interface HeatMapOptions extends FigureOptions {
  /** A name for each row, top to bottom; default its number. */
  readonly rows?: readonly string[];
  /** A name for each column, left to right; default its number. */
  readonly columns?: readonly string[];
  /** Name of the colour scale, default `cosine`. */
  readonly scale?: string;
  /** The columns to frame in each row, such as the winner of a max; -1 frames none. */
  readonly framed?: readonly number[];
  /** Digits written into each cell, or 0 for none; default 2. */
  readonly digits?: number;
}

/**
 * Draws a matrix as coloured cells: the similarities of every query token with
 * every document token, with each row's winner framed.
 *
 * Cells that are not finite (a token that does not count: minus infinity) are
 * left white, and in JSON `null`; they never take part in the colour scale.
 *
 * @param values `[rows][columns]`.
 * @param options Names, frames, title and size, by default as the matrix needs.
 * @returns A plotly figure.
 * @throws {ShapeError} If a row, or a list of names, has another length.
 *
 * @example Usage
 * ```ts
 * import { heatMap } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const figure = heatMap([[0.25, -Infinity]], { rows: ["dog"], columns: ["cat", "."] });
 * assertEquals(figure.data[0]!.z, [[0.25, null]]);
 * ```
 */
export function heatMap(
  values: readonly ArrayLike<number>[],
  options: HeatMapOptions = {},
): Figure {
  const height = values.length;
  const width = values[0]?.length ?? 0;
  const rows = options.rows ?? numbered(height);
  const columns = options.columns ?? numbered(width);
  checkShape(values, rows.length, columns.length);
  return figure([trace(values, options)], {
    xaxis: { ...axisOf(columns), tickangle: -45, side: "bottom" },
    yaxis: { ...axisOf(rows), autorange: "reversed" },
    shapes: framesOf(options.framed ?? []),
  }, {
    ...sizeOf(rows, columns),
    ...options,
  });
}

/** Room for the names, whose letters are about 7 pixels wide, and for the cells. */
function sizeOf(
  rows: readonly string[],
  columns: readonly string[],
): FigureOptions {
  const left = 28 + 7.5 * longest(rows);
  const bottom = 28 + 6 * longest(columns);
  return {
    width: Math.round(left + 110 + 44 * columns.length),
    height: Math.round(bottom + 60 + 34 * rows.length),
    margin: { left, bottom },
  };
}

function longest(names: readonly string[]): number {
  return Math.max(0, ...names.map((name) => [...name].length));
}

function trace(
  values: readonly ArrayLike<number>[],
  { scale = "cosine", digits = 2 }: HeatMapOptions,
): Figure["data"][number] {
  const z = values.map((row) => Array.from(row, cell));
  return {
    type: "heatmap",
    z,
    ...(digits > 0
      ? { text: z.map((row) => row.map((v) => cellText(v, digits))) }
      : {}),
    ...(digits > 0 ? { texttemplate: "%{text}" } : {}),
    textfont: { size: 10 },
    xgap: 1,
    ygap: 1,
    colorscale: SCALE,
    colorbar: { title: { text: scale }, thickness: 14, outlinewidth: 0 },
    hovertemplate: "%{y} · %{x}: %{z}<extra></extra>",
  };
}

/** White to blue: light where alike is little, so that written numbers stay readable. */
const SCALE = [[0, "#ffffff"], [0.35, "#d6e6f4"], [0.7, "#6aaed6"], [
  1,
  "#0b559f",
]];

function cell(value: number): number | null {
  return Number.isFinite(value) ? Math.round(value * 1000) / 1000 : null;
}

/** The number in a cell: none where it is white, and no minus before a zero. */
function cellText(value: number | null, digits: number): string {
  return value?.toFixed(digits).replace(/^-(?=[0.]*$)/, "") ?? "";
}

/** Names by place, so that a token which occurs twice keeps two columns. */
function axisOf(names: readonly string[]): Record<string, unknown> {
  return {
    tickmode: "array",
    tickvals: names.map((_, i) => i),
    ticktext: names.map(escaped),
    showgrid: false,
    showline: false,
    ticks: "",
  };
}

function framesOf(framed: readonly number[]): Record<string, unknown>[] {
  return framed.flatMap((column, row) =>
    column < 0 ? [] : [{
      type: "rect",
      x0: column - 0.5,
      x1: column + 0.5,
      y0: row - 0.5,
      y1: row + 0.5,
      line: { color: "#d55e00", width: 2.5 },
    }]
  );
}

function checkShape(
  values: readonly ArrayLike<number>[],
  rows: number,
  columns: number,
): void {
  const wrong = values.findIndex((row) => row.length !== columns);
  if (rows === values.length && wrong < 0) return;
  throw new ShapeError(
    "draw a heat map",
    `${rows} rows of ${columns} cells, as there are names`,
    wrong < 0
      ? `${values.length} rows`
      : `${values[wrong]!.length} cells in row ${wrong}`,
  );
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${i}`);
}

/** Plotly reads a few HTML tags in names; a token such as `<s>` is not one. */
function escaped(name: string): string {
  return name.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
