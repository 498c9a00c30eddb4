import { displayable } from "./mime_bundle.ts";

/** One trace or layout of plotly: plain JSON. */
export type PlotlyObject = Readonly<Record<string, unknown>>;

/** A plotly figure as plain JSON. */
export interface Figure {
  /** Traces, drawn in order. */
  readonly data: readonly PlotlyObject[];
  /** Axes, title and size; `width` and `height` in pixels are always there. */
  readonly layout: PlotlyObject & {
    readonly width: number;
    readonly height: number;
  };
}

/** What every figure can be told. */
export interface FigureOptions {
  /** Above the figure; default none. */
  readonly title?: string;
  /** In pixels; each figure says its default. */
  readonly width?: number;
  /** In pixels; each figure says its default. */
  readonly height?: number;
  /** Pixels for names at the left and below, default 64 and 52. */
  readonly margin?: { readonly left?: number; readonly bottom?: number };
}

/** Okabe and Ito's eight colours without yellow: told apart by colour-blind eyes, and in print. */
export const COLOURS: readonly string[] = [
  "#0072b2",
  "#d55e00",
  "#009e73",
  "#cc79a7",
  "#56b4e9",
  "#e69f00",
  "#000000",
];

/** The ink of text and axes. */
export const INK = "#333333";

const AXIS: PlotlyObject = {
  automargin: true,
  gridcolor: "#e6e6e6",
  linecolor: "#999999",
  showline: true,
  ticks: "outside",
  tickcolor: "#999999",
  zeroline: false,
};

/**
 * Makes a figure in the house's look, ready to stand last in a notebook cell.
 *
 * @param data Traces as plotly describes them.
 * @param layout What differs from the look: axes under `xaxis` and `yaxis`,
 * `showlegend`, `annotations`.
 * @param options Title and size, default 700 by 400 pixels.
 * @returns The figure, plain JSON.
 *
 * @example Usage
 * ```ts
 * import { figure } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const made = figure([{ type: "bar", y: [1, 2] }], {}, { title: "Two bars" });
 * assertEquals(made.layout.width, 700);
 * ```
 */
export function figure(
  data: readonly PlotlyObject[],
  layout: PlotlyObject,
  { title, width = 700, height = 400, margin = {} }: FigureOptions = {},
): Figure {
  const made: Figure = {
    data,
    layout: {
      ...layout,
      ...(title === undefined ? {} : { title: titleOf(title) }),
      width,
      height,
      xaxis: axis(layout.xaxis),
      yaxis: axis(layout.yaxis),
      colorway: COLOURS,
      font: {
        family: "DejaVu Sans, Verdana, sans-serif",
        size: 12,
        color: INK,
      },
      margin: {
        l: margin.left ?? 64,
        r: 24,
        t: title === undefined ? 32 : 56,
        b: margin.bottom ?? 52,
      },
      paper_bgcolor: "#ffffff",
      plot_bgcolor: "#ffffff",
    },
  };
  return displayable(made, async () => {
    const { figureBundle } = await import("./figure_bundle.ts");
    return figureBundle(made);
  });
}

/**
 * Whether something is a plotly figure.
 *
 * @param value Anything.
 *
 * @example Usage
 * ```ts
 * import { figure, isFigure } from "#lib/mod.ts";
 * import { assert } from "@std/assert";
 *
 * assert(isFigure(figure([], {})));
 * ```
 */
export function isFigure(value: unknown): value is Figure {
  return typeof value === "object" && value !== null && "data" in value &&
    Array.isArray(value.data) && "layout" in value &&
    typeof value.layout === "object";
}

/**
 * A number with at most so many significant digits, so that files stay small
 * and the last bits of a machine do not show.
 *
 * @param value Any number; what is not finite is kept.
 * @param digits Significant digits, 1 to 21, default 4.
 *
 * @example Usage
 * ```ts
 * import { rounded } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(rounded(0.123456), 0.1235);
 * ```
 */
export function rounded(value: number, digits = 4): number {
  return Number.isFinite(value) ? Number(value.toPrecision(digits)) : value;
}

function titleOf(text: string): PlotlyObject {
  return {
    text,
    font: { size: 15 },
    x: 0.01,
    xanchor: "left",
    y: 0.97,
    yanchor: "top",
  };
}

/** An axis in the house's look; its title keeps off the numbers. */
function axis(given: unknown = {}): PlotlyObject {
  const { title, ...rest } = given as PlotlyObject;
  const named = title === undefined
    ? {}
    : { title: { standoff: 12, ...title as PlotlyObject } };
  return { ...AXIS, ...rest, ...named };
}
