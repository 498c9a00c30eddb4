import { ShapeError } from "../num/shape_error.ts";
import {
  COLOURS,
  type Figure,
  figure,
  type FigureOptions,
  rounded,
} from "./figure.ts";

/** One line of a figure. */
export interface Line {
  /** In the legend. */
  readonly name: string;
  /** Places on the horizontal axis. */
  readonly x: readonly number[];
  /** Heights, as many as `x`. */
  readonly y: readonly number[];
  /** Lower ends of an interval round `y`; drawn as a band with `high`. */
  readonly low?: readonly number[];
  /** Upper ends of an interval round `y`. */
  readonly high?: readonly number[];
}

/** Settings of {@linkcode lines}. */
export interface LinesOptions extends FigureOptions {
  /** Name of the horizontal axis, with its unit. */
  readonly x?: string;
  /** Name of the vertical axis, with its unit. */
  readonly y?: string;
  /** Whether the vertical axis is logarithmic, default no. */
  readonly log?: boolean;
  /** Whether the horizontal axis is logarithmic, default no. */
  readonly logX?: boolean;
  /** Whether each point has a dot, default no. */
  readonly dots?: boolean;
  /** Where the horizontal axis has its numbers; default where plotly puts them. */
  readonly ticksX?: readonly number[];
  /** Where the vertical axis has its numbers; default where plotly puts them. */
  readonly ticks?: readonly number[];
}

/**
 * Draws lines over a common axis, with bands where intervals are given.
 *
 * @param series One line each, in the legend's order.
 * @param options Axis names, title and size, default 700 by 400 pixels.
 * @returns A plotly figure.
 * @throws {ShapeError} If a line's arrays differ in length.
 *
 * @example Usage
 * ```ts
 * import { lines } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const figure = lines([{ name: "ndcg", x: [1, 2], y: [0.4, 0.5] }], { x: "epoch" });
 * assertEquals(figure.data[0]!.y, [0.4, 0.5]);
 * ```
 */
export function lines(
  series: readonly Line[],
  options: LinesOptions = {},
): Figure {
  const { x = "", y = "", log = false, logX = false, ...other } = options;
  const { dots = false, ticksX, ticks, ...rest } = other;
  const data = series.flatMap((line, i) => [
    ...bandOf(line, i),
    { ...traceOf(line, i), ...(dots && { mode: "lines+markers" }) },
  ]);
  return figure(data, {
    xaxis: { title: { text: x }, ...scaleOf(logX, ticksX) },
    yaxis: { title: { text: y }, ...scaleOf(log, ticks) },
    showlegend: series.length > 1,
    legend: {
      orientation: "h",
      x: 1,
      xanchor: "right",
      y: 1.02,
      yanchor: "bottom",
    },
  }, rest);
}

/** An axis by tenfolds has numbers at 1, 2 and 5 only, which never crowd, or where they are asked for. */
function scaleOf(
  log: boolean,
  ticks?: readonly number[],
): Record<string, unknown> {
  const numbers = ticks && {
    ...{ tickmode: "array", tickvals: ticks },
    ticktext: ticks.map((tick) => `${tick}`),
  };
  return {
    ...(log ? { type: "log", dtick: "D2" } : { type: "linear" }),
    ...numbers,
  };
}

function traceOf({ name, x, y }: Line, index: number): Figure["data"][number] {
  if (x.length !== y.length) throw misfit(name, x.length, y.length);
  return {
    type: "scatter",
    mode: x.length > 1 ? "lines" : "markers",
    name,
    x,
    y: y.map((value) => rounded(value)),
    line: { width: 2, color: COLOURS[index % COLOURS.length] },
  };
}

/** A closed path along the upper ends and back along the lower ones. */
function bandOf(
  { name, x, low, high }: Line,
  index: number,
): Figure["data"] {
  if (!low || !high) return [];
  if (low.length !== x.length) throw misfit(name, x.length, low.length);
  if (high.length !== x.length) throw misfit(name, x.length, high.length);
  return [{
    type: "scatter",
    mode: "lines",
    x: [...x, ...x.toReversed()],
    y: [...high, ...low.toReversed()].map((value) => rounded(value)),
    fill: "toself",
    opacity: 0.2,
    line: { width: 0 },
    fillcolor: COLOURS[index % COLOURS.length],
    hoverinfo: "skip",
    showlegend: false,
  }];
}

function misfit(name: string, expected: number, got: number): ShapeError {
  return new ShapeError(`draw line "${name}"`, `${expected} values`, `${got}`);
}
