import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { cosineSchedule } from "#lib/optim/cosine_schedule.ts";
import { scheduleNamed } from "#lib/optim/schedule_named.ts";
import { warmupStableDecay } from "#lib/optim/warmup_stable_decay.ts";
import { warmupSteps } from "#lib/optim/warmup.ts";
import fixture from "../fixtures/optim/schedules.json" with { type: "json" };

for (const { name, warmup, steps, values, ...rest } of fixture.cases) {
  const { decay, shape, floor } = rest;
  const title = [name, warmup, steps, shape, floor].join(" ");
  Deno.test(`schedules equal transformers' when ${title}`, () => {
    const settings = { steps, warmup };
    const schedule = shape
      ? warmupStableDecay({
        ...settings,
        decay: decay!,
        shape: shape as "linear" | "cosine" | "1-sqrt",
        floor: floor!,
      })
      : scheduleNamed(name, settings);
    const last = name === "cosine" ? steps : values.length - 1;
    values.slice(0, last + 1).forEach((value, step) => {
      assertAlmostEquals(schedule(step), value, 1e-15);
    });
  });
}

Deno.test("cosineSchedule() stays at its floor when the run is over", () => {
  const schedule = cosineSchedule({ steps: 10, floor: 0.2 });
  assertAlmostEquals(schedule(10), 0.2, 1e-15);
  assertAlmostEquals(schedule(15), 0.2, 1e-15);
});

Deno.test("warmupSteps() reads shares below 1 and whole steps from 1", () => {
  assertEquals(warmupSteps(0, 100), 0);
  assertEquals(warmupSteps(0.005, 100), 1);
  assertEquals(warmupSteps(1, 100), 1);
  assertThrows(
    () => warmupSteps(1.5, 100),
    RangeError,
    "Cannot plan the warm-up: expected whole steps or a share below 1, got 1.5",
  );
  assertThrows(() => warmupSteps(-1, 100), RangeError, "got -1");
  assertThrows(() => warmupSteps(NaN, 100), RangeError, "got NaN");
});

Deno.test("warmupStableDecay() refuses parts longer than the run", () => {
  assertThrows(
    () => warmupStableDecay({ steps: 10, warmup: 6, decay: 5 }),
    RangeError,
    "expected warm-up and decay within 10 steps, got 6 and 5",
  );
});

Deno.test("scheduleNamed() names the nearest schedule when there is none", () => {
  assertThrows(
    () => scheduleNamed("cosin", { steps: 1 }),
    RangeError,
    "Cannot make a schedule: expected one of constant, linear, cosine, warmup-stable-decay, got cosin (did you mean cosine?)",
  );
  assertThrows(
    () => scheduleNamed("linear", { steps: 0 }),
    RangeError,
    "Cannot plan the learning rate: expected steps of at least 1, got 0",
  );
});

Deno.test("cosineSchedule() refuses a floor beyond 0 and 1", () => {
  for (const floor of [-0.1, 1.1, NaN]) {
    assertThrows(
      () => cosineSchedule({ steps: 10, floor }),
      RangeError,
      `Cannot plan the learning rate: expected a floor within 0 and 1, got ${floor}`,
    );
  }
});
