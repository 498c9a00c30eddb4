import { assertEquals } from "@std/assert";
import type { BenchResult } from "#lib/cli/bench/contest.ts";
import {
  benchFigure,
  benchText,
  growthFigure,
  growthText,
} from "#lib/cli/bench/report.ts";

const system = (medianSeconds: number) => ({
  medianSeconds,
  tokensPerSecond: 100 / medianSeconds,
  peakMemoryBytes: 2 ** 30,
  startSeconds: 1.25,
  seconds: [9, medianSeconds, medianSeconds + 1, medianSeconds - 0.5],
});

const RESULT: BenchResult = {
  benchmark: "encode",
  engine: "onnx",
  device: "here",
  precision: "fp32",
  tokens: 100,
  ...system(2),
  peers: { pylate: { ...system(3), ratio: 1.5, difference: 0 } },
  ratio: 1.5,
};

const { startSeconds: _, ...LATER } = { ...RESULT, ...system(4) };
const GROWTH = {
  benchmark: "encode",
  growth: "texts",
  points: [{ size: 32, ...RESULT }, { size: 64, ...LATER }],
};

Deno.test("benchText() has a row for each system and a ratio for each peer", () => {
  assertEquals(
    benchText(RESULT),
    [
      "system     time (s)  tokens/s  memory (GiB)  start (s)  ratio",
      "---------  --------  --------  ------------  ---------  -----",
      "onnx fp32     2.000        50          1.00        1.3      –",
      "pylate        3.000        33          1.00        1.3   1.50",
    ].join("\n"),
  );
});

Deno.test("growthText() names the size of each row, and leaves a later start of ours out", () => {
  const lines = growthText(GROWTH).split("\n");
  assertEquals(lines.length, 2 + 4);
  assertEquals(lines[0]!.startsWith("texts  system"), true);
  assertEquals(lines[4]!.split(/ {2,}/).at(-2), "–");
});

Deno.test("benchFigure() draws medians with the quartiles of the turns that count", () => {
  const [bars] = benchFigure(RESULT).data;
  assertEquals(bars!.x, ["onnx fp32", "pylate"]);
  assertEquals(bars!.y, [2, 3]);
  const { array, arrayminus } = bars!.error_y as Record<string, number[]>;
  assertEquals([array, arrayminus], [[0.5, 0.5], [0.25, 0.25]]);
});

Deno.test("growthFigure() draws a line and its quartiles for each system over the sizes", () => {
  const { data: [band, ours, , pylate], layout } = growthFigure(GROWTH);
  assertEquals([ours!.name, ours!.x, ours!.y], [
    ...["onnx fp32", [32, 64]],
    [2, 4],
  ]);
  // Along the upper quartiles and back along the lower ones.
  assertEquals(band!.y, [2.5, 4.5, 3.75, 1.75]);
  assertEquals([pylate!.name, pylate!.y], ["pylate", [3, 3]]);
  const [x, y] = [layout.xaxis, layout.yaxis] as Record<string, unknown>[];
  assertEquals([x!.tickvals, x!.ticktext], [[32, 64], ["32", "64"]]);
  assertEquals(y!.tickvals, [1.5, 2, 3, 4, 5]);
});
