import "#tests/support/permitted.ts";
import { assertAlmostEquals, assertLess, assertThrows } from "@std/assert";
import { isPresent } from "#tests/engine/present.ts";
import { engineNames, useEngine } from "#lib/engine/use_engine.ts";
import { read, tensorOf } from "#lib/engine/tensor.ts";
import { adamw } from "#lib/optim/adamw.ts";
import { clipByGlobalNorm } from "#lib/optim/clip_by_global_norm.ts";
import { decaysWeight } from "#lib/optim/decays_weight.ts";
import { linearSchedule } from "#lib/optim/linear_schedule.ts";
import fixture from "../fixtures/optim/adamw.json" with { type: "json" };
import { distance, type Row, trajectory } from "./problem.ts";

/** Runs a fixture's case with our optimiser. */
function run(entry: typeof fixture.cases[number]): Row[] {
  const isGrouped = entry.clip !== undefined;
  const { warmup = 0, steps = 1, settings } = entry;
  const optimizer = adamw({
    ...settings,
    ...(isGrouped && {
      decays: decaysWeight,
      schedule: linearSchedule({ steps, warmup }),
    }),
  });
  const clipped = isGrouped
    ? clipByGlobalNorm(optimizer, { maxNorm: entry.clip! })
    : optimizer;
  return trajectory(clipped, entry.rows.map(({ step }) => step));
}

Deno.test("adamw() moves by the learning rate at its first step", async () => {
  await useEngine("reference");
  const optimizer = adamw({ learningRate: 0.5, weightDecay: 0.1 });
  const start = { w: tensorOf([2], [1]) };
  const { parameters } = optimizer.step(
    start,
    { w: tensorOf([-3], [1]) },
    optimizer.init(start),
  );
  const expected = 2 * (1 - 0.5 * 0.1) + 0.5 * 3 / (3 + 1e-8);
  assertAlmostEquals(read(parameters["w"]!)[0]!, expected, 1e-12);
});

for (const entry of fixture.cases) {
  Deno.test(`adamw() equals torch over 50 steps in 64 bits when ${entry.name}`, async () => {
    await useEngine("reference");
    const rows = run(entry);
    entry.rows.forEach((row: Row, i) => {
      assertLess(distance(rows[i]!.parameters, row.parameters), 1e-12);
      assertLess(distance(rows[i]!.readout!, row.parameters), 1e-12);
      if (row.gradientNorm === undefined) return;
      assertAlmostEquals(rows[i]!.gradientNorm!, row.gradientNorm, 1e-12);
    });
  });
}

for (const engine of engineNames()) {
  for (const entry of fixture.cases) {
    if (!entry.float32) continue;
    Deno.test(`adamw() equals torch over 50 steps in 32 bits on ${engine} when ${entry.name}`, async () => {
      if (!await isPresent(engine)) return;
      const rows = run(entry);
      entry.float32.forEach((row: Row, i) => {
        assertLess(distance(rows[i]!.parameters, row.parameters), 4e-6);
      });
    });
  }
}

Deno.test("adamw() refuses settings out of range, naming them", () => {
  assertThrows(
    () => adamw({ beta2: 1 }),
    RangeError,
    "Cannot make adamw: expected beta2 from 0 and below 1, got 1",
  );
  assertThrows(
    () => adamw({ epsilon: 0 }),
    RangeError,
    "expected epsilon greater than 0, got 0",
  );
  assertThrows(
    () => adamw({ learningRate: NaN }),
    RangeError,
    "expected learningRate at least 0, got NaN",
  );
});
