import { type Figure, type FigureOptions } from "./figure.ts";
import { type Line, lines } from "./lines.ts";

/** One line of a run's metrics: an object with `step` and any figures. */
export type MetricsRow = object;

/** Settings of {@linkcode trainingCurve}. */
export interface TrainingCurveOptions extends FigureOptions {
  /** Which figure to draw, default `loss`. */
  readonly figure?: string;
  /** Steps that the smooth line remembers, default a tenth of the run. */
  readonly window?: number;
  /** Name of the vertical axis, default the figure, with its unit for `loss`. */
  readonly y?: string;
}

/**
 * Draws how a figure moved over training: every step faintly, and its
 * exponential moving average boldly.
 *
 *     smooth[i] = (sum over j <= i of d^(i-j) value[j]) / (sum over j <= i of d^(i-j)),  d = 1 - 1/window
 *
 * The division by the weights so far keeps the first points from being pulled
 * to zero. Rows without the figure (evaluations, say) are passed over.
 *
 * @param rows Metrics in the order of the steps; each has `step`.
 * @param options Which figure, how smooth, title and size.
 * @returns A plotly figure.
 *
 * @example Usage
 * ```ts
 * import { trainingCurve } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const figure = trainingCurve([{ step: 0, loss: 2 }, { step: 1, loss: 1 }]);
 * assertEquals(figure.data.map((trace) => trace.name), ["each step", "average"]);
 * ```
 */
export function trainingCurve(
  rows: readonly MetricsRow[],
  options: TrainingCurveOptions = {},
): Figure {
  const { figure: key = "loss", window, y, ...rest } = options;
  const points = rows.map((row) => row as Readonly<Record<string, unknown>>)
    .filter((row) => typeof row[key] === "number");
  const x = points.map((row, i) => typeof row.step === "number" ? row.step : i);
  const values = points.map((row) => row[key] as number);
  const reach = window ?? Math.max(1, values.length / 10);
  const each: Line = { name: "each step", x, y: values };
  const average: Line = { name: "average", x, y: smoothed(values, reach) };
  const drawn = lines([each, average], {
    x: "step",
    y: y ?? (key === "loss" ? "loss (nats)" : key),
    ...rest,
  });
  return lighten(drawn);
}

/** The first trace faint, so that the average stands out. */
function lighten(drawn: Figure): Figure {
  const [each, average] = drawn.data;
  Object.assign(each!, { line: { width: 1 }, opacity: 0.35 });
  Object.assign(average!, { line: { width: 2.5, color: "#0072b2" } });
  return drawn;
}

/** The exponential moving average, corrected for its short past. */
function smoothed(values: readonly number[], window: number): number[] {
  const keep = 1 - 1 / Math.max(1, window);
  let sum = 0;
  let weight = 0;
  return values.map((value) => {
    sum = keep * sum + value;
    weight = keep * weight + 1;
    return sum / weight;
  });
}
