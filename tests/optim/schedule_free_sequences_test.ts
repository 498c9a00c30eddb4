import { assertLess, assertThrows } from "@std/assert";
import { useEngine } from "#lib/engine/use_engine.ts";
import type { Optimizer } from "#lib/optim/optimizer.ts";
import { scheduleFreeAdamW } from "#lib/optim/schedule_free_adamw.ts";
import {
  scheduleFreeSequences,
  type ScheduleFreeSequencesSettings,
} from "#lib/optim/schedule_free_sequences.ts";
import { scheduleFreeSgd } from "#lib/optim/schedule_free_sgd.ts";
import fixture from "../fixtures/optim/schedule_free.json" with {
  type: "json",
};
import sgdFixture from "../fixtures/optim/schedule_free_sgd.json" with {
  type: "json",
};
import { distance, type Row, STEPS, trajectory } from "./problem.ts";

/** Holds a trajectory against a fixture's rows. */
function assertRows(optimizer: Optimizer, expected: readonly Row[]): void {
  const rows = trajectory(optimizer, expected.map(({ step }) => step));
  expected.forEach((row, i) => {
    assertLess(distance(rows[i]!.parameters, row.parameters), 1e-12);
    assertLess(distance(rows[i]!.readout!, row.readout!), 1e-12);
  });
}

for (const entry of fixture.cases.filter(({ form }) => form === "three")) {
  Deno.test(`scheduleFreeSequences() equals schedulefree's reference when ${entry.name}`, async () => {
    await useEngine("reference");
    const decayAt = entry.decayAt as "y" | "z";
    const settings = { ...entry.settings, decayAt };
    assertRows(scheduleFreeSequences(settings), entry.rows);
  });
}

for (const entry of sgdFixture.cases) {
  Deno.test(`scheduleFreeSgd() equals schedulefree over 50 steps when ${entry.name}`, async () => {
    await useEngine("reference");
    assertRows(scheduleFreeSgd(entry.settings), entry.rows);
  });
}

/** Settings on which both forms must agree. */
const SHARED: readonly ScheduleFreeSequencesSettings[] = [
  { learningRate: 0.05 },
  { learningRate: 0.05, beta1: 0.5, warmup: 10, weightDecay: 0.1 },
  { learningRate: 0.2, beta1: 0.98, beta2: 0.9, power: 1, warmup: 3 },
];

for (const settings of SHARED) {
  Deno.test(`scheduleFreeAdamW() equals its three sequences at every step with ${JSON.stringify(settings)}`, async () => {
    await useEngine("reference");
    const every = Array.from({ length: STEPS }, (_, i) => i + 1);
    const twin = trajectory(scheduleFreeSequences(settings), every);
    assertRows(scheduleFreeAdamW(settings), twin);
  });

  Deno.test(`scheduleFreeSgd() equals its three sequences at every step with ${JSON.stringify(settings)}`, async () => {
    await useEngine("reference");
    const every = Array.from({ length: STEPS }, (_, i) => i + 1);
    const { beta1 = 0.9, ...rest } = settings;
    const twin = scheduleFreeSequences({ ...settings, base: "sgd" });
    assertRows(
      scheduleFreeSgd({ ...rest, beta: beta1 }),
      trajectory(twin, every),
    );
  });
}

Deno.test("scheduleFreeSequences() refuses a beta1 above 1", () => {
  assertThrows(
    () => scheduleFreeSequences({ beta1: 1.1 }),
    RangeError,
    "Cannot make schedule-free sequences: expected beta1 from 0 to 1, got 1.1",
  );
});

Deno.test("scheduleFreeSgd() refuses a beta of 1", () => {
  assertThrows(
    () => scheduleFreeSgd({ beta: 1 }),
    RangeError,
    "Cannot make schedule-free-sgd: expected beta between 0 and 1, got 1",
  );
});
