import {
  COLOURS,
  type Figure,
  figure,
  type FigureOptions,
  INK,
  rounded,
} from "./figure.ts";

/** One bar and what is known of its height. */
export interface Bar {
  /** Under the bar. */
  readonly label: string;
  /** Its height. */
  readonly value: number;
  /** Lower end of the interval; default none. */
  readonly low?: number;
  /** Upper end of the interval; default none. */
  readonly high?: number;
}

/** Settings of {@linkcode barsWithIntervals}. */
export interface BarsOptions extends FigureOptions {
  /** Name of the value axis, with its unit. */
  readonly y?: string;
  /** Digits of the number above each bar, default 3. */
  readonly digits?: number;
}

/**
 * Draws one bar a system, from zero, with its interval and its number.
 *
 * @param bars Left to right.
 * @param options Axis name, title and size, default as wide as the bars need.
 * @returns A plotly figure.
 * @throws {RangeError} If an interval does not hold its value.
 *
 * @example Usage
 * ```ts
 * import { barsWithIntervals } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const figure = barsWithIntervals([{ label: "BM25", value: 0.5, low: 0.4, high: 0.7 }]);
 * assertEquals(figure.data[0]!.error_y, {
 *   type: "data",
 *   symmetric: false,
 *   array: [0.2],
 *   arrayminus: [0.1],
 *   color: "#333333",
 *   thickness: 1.5,
 * });
 * ```
 */
export function barsWithIntervals(
  bars: readonly Bar[],
  { y = "", digits = 3, ...rest }: BarsOptions = {},
): Figure {
  for (const bar of bars) checkInterval(bar);
  return figure([trace(bars)], {
    xaxis: { type: "category", showgrid: false, ticks: "" },
    yaxis: { title: { text: y }, rangemode: "tozero" },
    bargap: 0.5,
    annotations: bars.map((bar) => numberAbove(bar, digits)),
  }, { width: 160 + 130 * bars.length, height: 360, ...rest });
}

function trace(bars: readonly Bar[]): Figure["data"][number] {
  return {
    type: "bar",
    x: bars.map(({ label }) => label),
    y: bars.map(({ value }) => rounded(value)),
    marker: { color: bars.map((_, i) => COLOURS[i % COLOURS.length]) },
    error_y: {
      type: "data",
      symmetric: false,
      array: bars.map(({ value, high = value }) => rounded(high - value)),
      arrayminus: bars.map(({ value, low = value }) => rounded(value - low)),
      color: INK,
      thickness: 1.5,
    },
  };
}

function numberAbove(
  { label, value, high = value }: Bar,
  digits: number,
): Record<string, unknown> {
  return {
    x: label,
    y: rounded(Math.max(value, high, 0)),
    text: `<b>${value.toFixed(digits)}</b>`,
    showarrow: false,
    yanchor: "bottom",
    yshift: 4,
  };
}

function checkInterval({ label, value, low = value, high = value }: Bar): void {
  if (!(low > value) && !(high < value)) return;
  throw new RangeError(
    `Cannot draw bar "${label}": expected an interval round ${value}, got ${low} to ${high}`,
  );
}
