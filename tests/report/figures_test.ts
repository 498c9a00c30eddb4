import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ShapeError } from "#lib/num/shape_error.ts";
import { barsWithIntervals } from "#lib/report/bars_with_intervals.ts";
import { figureText } from "#lib/report/figure_text.ts";
import { heatMap } from "#lib/report/heat_map.ts";
import { lines } from "#lib/report/lines.ts";
import { trainingCurve } from "#lib/report/training_curve.ts";

Deno.test("lines() draws a band as a closed path round its line", () => {
  const line = { name: "a", x: [1, 2], y: [2, 3], low: [1, 2], high: [3, 4] };
  const [band, path] = lines([line]).data;
  assertEquals(band!.x, [1, 2, 2, 1]);
  assertEquals(band!.y, [3, 4, 2, 1]);
  assertEquals(path!.y, [2, 3]);
});

Deno.test("lines() refuses a line whose arrays differ in length", () => {
  assertThrows(
    () => lines([{ name: "a", x: [1], y: [1, 2] }]),
    ShapeError,
    'Cannot draw line "a": expected 1 values, got 2',
  );
  assertThrows(
    () => lines([{ name: "a", x: [1], y: [1], low: [], high: [1] }]),
    ShapeError,
    "got 0",
  );
});

Deno.test("trainingCurve() averages with weights that sum to one from the first step", () => {
  const rows = [4, 2, 1].map((loss, step) => ({ step, loss }));
  const smooth = trainingCurve(rows, { window: 2 }).data[1]!.y;
  // weights halve: (4), (4/2 + 2) / (1/2 + 1), (4/4 + 2/2 + 1) / (1/4 + 1/2 + 1)
  assertEquals(smooth, [4, 2.667, 1.714]);
});

Deno.test("trainingCurve() passes over rows without the figure and keeps their steps", () => {
  const rows = [{ step: 5, loss: 1 }, { step: 6, ndcg: 0.4 }, {
    step: 7,
    loss: 2,
  }];
  assertEquals(trainingCurve(rows).data[0]!.x, [5, 7]);
  assertEquals(trainingCurve(rows, { figure: "ndcg" }).data[0]!.y, [0.4]);
});

Deno.test("heatMap() leaves cells that are not finite out of the colours", () => {
  const figure = heatMap([[1, -Infinity], [NaN, 0.12345], [-0.002, -1]]);
  assertEquals(figure.data[0]!.z, [[1, null], [null, 0.123], [-0.002, -1]]);
  assertEquals(figure.data[0]!.text, [["1.00", ""], ["", "0.12"], [
    "0.00",
    "-1.00",
  ]]);
});

Deno.test("heatMap() frames the winner of each row and passes over -1", () => {
  const { layout } = heatMap([[1, 2], [3, 4]], { framed: [1, -1] });
  const frames = (layout.shapes as { x0: number; y0: number }[]).map((
    { x0, y0 },
  ) => [x0, y0]);
  assertEquals(frames, [[0.5, -0.5]]);
});

Deno.test("heatMap() keeps two columns of the same token apart", () => {
  const { layout } = heatMap([[1, 2]], { columns: ["<s>", "<s>"] });
  const axis = layout.xaxis as { tickvals: number[]; ticktext: string[] };
  assertEquals(axis.tickvals, [0, 1]);
  assertEquals(axis.ticktext, ["&lt;s>", "&lt;s>"]);
});

Deno.test("heatMap() refuses names and rows that do not fit", () => {
  assertThrows(
    () => heatMap([[1, 2], [3]]),
    ShapeError,
    "got 1 cells in row 1",
  );
  assertThrows(
    () => heatMap([[1]], { rows: ["a", "b"] }),
    ShapeError,
    "expected 2 rows of 1 cells, as there are names, got 1 rows",
  );
});

Deno.test("barsWithIntervals() refuses an interval that does not hold its value", () => {
  assertThrows(
    () => barsWithIntervals([{ label: "a", value: 1, low: 2, high: 3 }]),
    RangeError,
    'Cannot draw bar "a": expected an interval round 1, got 2 to 3',
  );
});

Deno.test("barsWithIntervals() writes the number above the interval's end", () => {
  const { layout } = barsWithIntervals([{
    label: "a",
    value: 0.5,
    low: 0.4,
    high: 0.6,
  }]);
  const [note] = layout.annotations as { y: number; text: string }[];
  assertEquals([note!.y, note!.text], [0.6, "<b>0.500</b>"]);
});

Deno.test("figureText() tells bars, cells and lines in words", () => {
  assertEquals(
    figureText(barsWithIntervals([{ label: "BM25", value: 0.5 }])),
    "Figure: no title\n  BM25: 0.5",
  );
  assertEquals(
    figureText(heatMap([[0.5, -1]], { title: "T" })),
    "Figure: T\n  1 by 2 cells, from -1 to 0.5",
  );
  assertEquals(
    figureText(heatMap([[NaN]])),
    "Figure: no title\n  1 by 1 cells, no numbers",
  );
  assertStringIncludes(
    figureText(lines([{ name: "a", x: [], y: [] }])),
    "a: 0 points",
  );
});
