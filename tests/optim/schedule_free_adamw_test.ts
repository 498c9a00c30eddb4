import "#tests/support/permitted.ts";
import { assertAlmostEquals, assertLess, assertThrows } from "@std/assert";
import { useEngine } from "#lib/engine/use_engine.ts";
import { ShapeError } from "#lib/num/shape_error.ts";
import { read, tensorOf } from "#lib/engine/tensor.ts";
import {
  scheduleFreeAdamW,
  type ScheduleFreeAdamWSettings,
} from "#lib/optim/schedule_free_adamw.ts";
import fixture from "../fixtures/optim/schedule_free.json" with {
  type: "json",
};
import { distance, type Row, trajectory } from "./problem.ts";

const CASES = fixture.cases.filter(({ form }) => form !== "three");

/** Runs a fixture's case with our optimiser. */
function run(entry: typeof fixture.cases[number]): Row[] {
  const form = entry.form as NonNullable<ScheduleFreeAdamWSettings["form"]>;
  const optimizer = scheduleFreeAdamW({ ...entry.settings, form });
  return trajectory(optimizer, entry.rows.map(({ step }) => step));
}

Deno.test("scheduleFreeAdamW() has y, z and x agree after its first step", async () => {
  await useEngine("reference");
  const optimizer = scheduleFreeAdamW({ learningRate: 0.5 });
  const start = { w: tensorOf([2], [1]) };
  const { parameters, state } = optimizer.step(
    start,
    { w: tensorOf([-3], [1]) },
    optimizer.init(start),
  );
  const expected = 2 + 0.5 * 3 / (3 + 1e-8);
  const readout = optimizer.readout(parameters, state);
  for (const x of [parameters["w"]!, state.tensors["z/w"]!, readout["w"]!]) {
    assertAlmostEquals(read(x)[0]!, expected, 1e-12);
  }
});

for (const entry of CASES) {
  Deno.test(`scheduleFreeAdamW() equals schedulefree over 50 steps in 64 bits when ${entry.name}`, async () => {
    await useEngine("reference");
    const rows = run(entry);
    entry.rows.forEach((row: Row, i) => {
      assertLess(distance(rows[i]!.parameters, row.parameters), 1e-12);
      assertLess(distance(rows[i]!.readout!, row.readout!), 1e-12);
    });
  });
}

for (const engine of ["wasm", "onnx"] as const) {
  for (const entry of CASES) {
    if (!entry.float32) continue;
    Deno.test(`scheduleFreeAdamW() equals schedulefree in 32 bits on ${engine} when ${entry.name}`, async () => {
      await useEngine(engine);
      const rows = run(entry);
      entry.float32.forEach((row: Row, i) => {
        assertLess(distance(rows[i]!.parameters, row.parameters), 4e-6);
        assertLess(distance(rows[i]!.readout!, row.readout!), 4e-6);
      });
    });
  }
}

Deno.test("scheduleFreeAdamW() reads out its start before the first step", async () => {
  await useEngine("reference");
  const optimizer = scheduleFreeAdamW();
  const start = { w: tensorOf([0.1, -0.7], [2]) };
  const readout = optimizer.readout(start, optimizer.init(start));
  assertAlmostEquals(read(readout["w"]!)[1]!, -0.7, 0);
});

Deno.test("scheduleFreeAdamW() warms up from 1 / warmup, not from 0", () => {
  const { learningRate } = scheduleFreeAdamW({ learningRate: 8, warmup: 4 });
  assertAlmostEquals(learningRate(0), 2, 0);
  assertAlmostEquals(learningRate(3), 8, 0);
  assertAlmostEquals(learningRate(9), 8, 0);
});

Deno.test("scheduleFreeAdamW() refuses a beta1 that its two sequences cannot hold", () => {
  assertThrows(
    () => scheduleFreeAdamW({ beta1: 0 }),
    RangeError,
    "Cannot make schedule-free-adamw: expected beta1 between 0 and 1, got 0",
  );
  assertThrows(
    () => scheduleFreeAdamW({ warmup: 0.1 }),
    RangeError,
    "expected warmup whole and at least 0, got 0.1",
  );
});

Deno.test("scheduleFreeAdamW() refuses to read out a state without z", async () => {
  await useEngine("reference");
  const state = { step: 1, tensors: {}, numbers: {} };
  assertThrows(
    () => scheduleFreeAdamW().readout({ w: tensorOf([1], [1]) }, state),
    ShapeError,
    "Cannot read the average: expected z/w, got none",
  );
});
