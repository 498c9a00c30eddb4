import "#tests/support/permitted.ts";
import { adamStep } from "#lib/engine/ops/adam_step.ts";
import { scaleInPlace } from "#lib/engine/ops/scale_in_place.ts";
import { scheduleFreeStep } from "#lib/engine/ops/schedule_free_step.ts";
import { sumOfSquares } from "#lib/engine/ops/sum_of_squares.ts";
import { tensorOf, tf } from "#lib/engine/tensor.ts";
import { engineNames, useEngine } from "#lib/engine/use_engine.ts";
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { isPresent } from "../present.ts";
import { numbersOf } from "./oracle.ts";

/** Numbers of a first step. */
const RATES = {
  learningRate: 0.1,
  beta1: 0.9,
  beta2: 0.9,
  epsilon: 1e-8,
  weightDecay: 0,
  correction1: 0.1,
  correction2: 0.1,
};

/** One number. */
const one = (value: number) => tensorOf([value], [1]);

Deno.test("adamStep() moves against the mean over the root of the mean square", async () => {
  await useEngine("reference");
  const { parameter, first, second } = adamStep({
    parameter: one(2),
    gradient: one(3),
    first: one(1),
    second: one(4),
  }, {
    learningRate: 0.1,
    beta1: 0.5,
    beta2: 0.75,
    epsilon: 0.5,
    weightDecay: 0.2,
    correction1: 0.8,
    correction2: 0.25,
  });
  const [mean, square] = [0.5 * 1 + 0.5 * 3, 0.75 * 4 + 0.25 * 9];
  const step = mean / 0.8 / (Math.sqrt(square / 0.25) + 0.5);
  assertEquals(numbersOf(first), [mean]);
  assertEquals(numbersOf(second), [square]);
  assertAlmostEquals(
    numbersOf(parameter)[0]!,
    2 * (1 - 0.1 * 0.2) - 0.1 * step,
    1e-14,
  );
});

Deno.test("scheduleFreeStep() moves y with the old z, then z", async () => {
  await useEngine("reference");
  const { y, z, second } = scheduleFreeStep({
    y: one(2),
    gradient: one(3),
    z: one(1),
    second: one(4),
  }, {
    learningRate: 0.1,
    beta1: 0.5,
    beta2: 0.75,
    epsilon: 0.5,
    weightDecay: 0.2,
    correction2: 0.25,
    mix: 0.25,
  });
  const square = 0.75 * 4 + 0.25 * 9;
  const u = 3 / (Math.sqrt(square / 0.25) + 0.5) + 0.2 * 2;
  assertEquals(numbersOf(second), [square]);
  assertAlmostEquals(
    numbersOf(y)[0]!,
    0.75 * 2 + 0.25 * 1 + 0.1 * (0.5 * 0.75 - 1) * u,
    1e-14,
  );
  assertAlmostEquals(numbersOf(z)[0]!, 1 - 0.1 * u, 1e-14);
});

for (const engine of engineNames()) {
  Deno.test(`the steps consume what they are given on ${engine}`, async () => {
    if (!await isPresent(engine)) return;
    const before = tf.memory().numTensors;
    const given = [1, 2, 3, 4].map(one);
    const [a, b, c, d] = given as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
    const given4 = { parameter: a, gradient: b, first: c, second: d };
    const made = adamStep(given4, RATES);
    assertEquals(given.map((x) => x.isDisposed), [true, true, true, true]);
    assertEquals(tf.memory().numTensors - before, 3);
    tf.dispose({ ...made });
  });

  Deno.test(`a step leaves a copy of its parameter as it was on ${engine}`, async () => {
    if (!await isPresent(engine)) return;
    const before = tf.memory().numTensors;
    const parameter = one(2);
    const copy = tf.clone(parameter);
    const made = scaleInPlace(parameter, 3);
    assertEquals(numbersOf(copy), [2]);
    assertEquals(numbersOf(made), [6]);
    const scaled = tf.clone(made);
    const moved = adamStep({
      ...{ parameter: made, gradient: one(1), first: one(0), second: one(0) },
    }, RATES);
    assertEquals(numbersOf(scaled), [6]);
    // the first step of Adam is the learning rate
    assertAlmostEquals(numbersOf(moved.parameter)[0]!, 6 - 0.1, 1e-6);
    const [y, z] = [moved.parameter, copy];
    const kept = [tf.clone(y), tf.clone(z)];
    const values = kept.map(numbersOf);
    const free = scheduleFreeStep(
      { y, z, gradient: one(1), second: moved.second },
      { ...RATES, mix: 0.5 },
    );
    assertEquals(kept.map(numbersOf), values);
    tf.dispose([kept, scaled, moved.first, { ...free }]);
    assertEquals(tf.memory().numTensors, before);
  });
}

Deno.test("sumOfSquares() of nothing is 0", () =>
  assertEquals(sumOfSquares([]), 0));
