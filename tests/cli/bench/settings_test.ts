import { assertEquals, assertThrows } from "@std/assert";
import { type BenchmarkName, BENCHMARKS } from "#lib/cli/bench/flags.ts";
import { growthPlan } from "#lib/cli/bench/growth.ts";
import { benchSettings } from "#lib/cli/bench/settings.ts";

const FOLDERS = { model: "m", data: "d" };

Deno.test("benchSettings() completes what is given with the benchmark's defaults", () => {
  const settings = benchSettings("train-step", { ...FOLDERS, ways: 3 });
  const { ways, queryLength, loss, mixed, against, growth } = settings;
  assertEquals([ways, queryLength, loss, mixed, against, growth], [
    ...[3, 32, "kl", false],
    [],
    undefined,
  ]);
});

Deno.test("benchSettings() refuses what cannot be run, before it is", () => {
  const refused: readonly [
    BenchmarkName,
    Record<string, string>,
    string,
  ][] = [
    ["train-step", { data: "d" }, "expected --model FOLDER, got none"],
    ["encode", { model: "m" }, "expected --data FOLDER, got none"],
    ["max-sim", { against: "torch,maxsim-cp" }, "did you mean maxsim-cpu?"],
    ["encode", { ...FOLDERS, against: "torch" }, "some of pylate, sentence"],
    ["max-sim", { figure: "a.pdf" }, "ending in .svg, .png or .json"],
    ["max-sim", { sizes: "1,2" }, "expected --growth beside it"],
    ["max-sim", { growth: "dim", sizes: "8,x" }, 'got "x"'],
    ["max-sim", { growth: "dim", sizes: "8,,9" }, 'got ""'],
  ];
  for (const [name, given, text] of refused) {
    assertThrows(() => benchSettings(name, given), RangeError, text);
  }
});

Deno.test("benchSettings() splits peers and sizes at commas", () => {
  const given = { against: "torch,maxsim-cpu", growth: "dim", sizes: "8,16" };
  const { against, sizes } = benchSettings("max-sim", given);
  assertEquals([against, sizes], [["torch", "maxsim-cpu"], [8, 16]]);
});

Deno.test("growthPlan() puts ascending sizes where their flag is", () => {
  const given = { growth: "length", sizes: "64,32", figure: "a.svg" };
  const plan = growthPlan("max-sim", given);
  assertEquals(
    plan.map(({ size, settings }) => [size, settings.documentLength]),
    [[32, 32], [64, 64]],
  );
});

Deno.test("growthPlan() knows default sizes of everything that can grow, and all are allowed", () => {
  for (const name of Object.keys(BENCHMARKS) as BenchmarkName[]) {
    for (const growth of Object.keys(BENCHMARKS[name].growth)) {
      assertEquals(growthPlan(name, { ...FOLDERS, growth }).length, 4);
    }
    assertEquals(
      BENCHMARKS[name].flags.growth!.choices,
      Object.keys(BENCHMARKS[name].growth),
    );
  }
});

Deno.test("growthPlan() refuses a size that its flag does not take", () => {
  assertThrows(
    () => growthPlan("train-step", { ...FOLDERS, growth: "ways", sizes: "1" }),
    RangeError,
    "Cannot use --sizes for --ways: expected a whole number of at least 2",
  );
});
