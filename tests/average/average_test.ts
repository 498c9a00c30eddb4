import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { ema, type EmaSettings, type EmaState } from "#lib/average/ema.ts";
import { lerp } from "#lib/average/lerp.ts";
import { uniformMean } from "#lib/average/uniform_mean.ts";
import { weightedSum } from "#lib/average/weighted_sum.ts";
import { type Parameters, read, tensorOf, tf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { ShapeError } from "#lib/num/shape_error.ts";

const set = (...values: number[]): Parameters => ({
  "head.weight": tensorOf(values, [values.length]),
});
const numbersOf = (set: Parameters) => [...read(set["head.weight"]!)];

Deno.test("uniformMean() is the mean of each number", async () => {
  await useEngine("reference");
  assertEquals(numbersOf(uniformMean([set(1, 2), set(2, 4), set(6, 0)])), [
    3,
    2,
  ]);
});

Deno.test("uniformMean() of one set is that set in memory of its own", async () => {
  await useEngine("reference");
  const only = set(1, 2);
  const mean = uniformMean([only]);
  tf.dispose({ ...only });
  assertEquals(numbersOf(mean), [1, 2]);
});

Deno.test("uniformMean() does not depend on the order of the sets", async () => {
  await useEngine("reference");
  const [a, b, c] = [set(0.1), set(0.2), set(0.7)];
  const [one] = numbersOf(uniformMean([a, b, c]));
  assertAlmostEquals(numbersOf(uniformMean([c, a, b]))[0]!, one!, 1e-15);
});

Deno.test("lerp() is the straight line between two sets", async () => {
  await useEngine("reference");
  assertEquals(numbersOf(lerp([set(0), set(8)], [0.75, 0.25])), [2]);
  assertEquals(numbersOf(lerp([set(0), set(8)], [1.5, -0.5])), [-4]);
});

Deno.test("lerp() keeps NaN visible", async () => {
  await useEngine("reference");
  assertEquals(numbersOf(lerp([set(NaN), set(8)], [1, 1])), [NaN]);
});

Deno.test("lerp() refuses weights that add up to 0", async () => {
  await useEngine("reference");
  assertThrows(
    () => lerp([set(1), set(2)], [1, -1]),
    RangeError,
    "Cannot average parameter sets: expected weights with a sum other than 0, got 1, -1",
  );
});

Deno.test("uniformMean() refuses sets of other names or shapes, naming the first", async () => {
  await useEngine("reference");
  const other = { ...set(1, 2), "head.bias": tensorOf([1], [1]) };
  assertThrows(
    () => uniformMean([set(1, 2), set(1, 2), set(1)]),
    ShapeError,
    "Cannot average parameter sets (set 2): expected head.weight [2], got [1]",
  );
  assertThrows(
    () => uniformMean([other, set(1, 2)]),
    ShapeError,
    "(set 1): expected head.bias [1], got none",
  );
  assertThrows(
    () => uniformMean([set(1, 2), other]),
    ShapeError,
    "(set 1): expected no head.bias, got [1]",
  );
  assertThrows(
    () => uniformMean([]),
    RangeError,
    "Cannot average parameter sets: expected at least one parameter set, got none",
  );
});

Deno.test("weightedSum() refuses another number of weights than of sets", async () => {
  await useEngine("reference");
  assertThrows(
    () => weightedSum([set(1)], [1, 2]),
    ShapeError,
    "Cannot add parameter sets: expected 1 weights, got 2",
  );
});

/** The average's read-out after some sets. */
function after(settings: EmaSettings, ...values: number[]): number {
  const average = ema(settings);
  const state = values.reduce(
    (state: EmaState, value) => average.update(state, set(value)),
    average.init(),
  );
  return numbersOf(average.readout(state))[0]!;
}

Deno.test("ema() weighs sets by powers of the decay", async () => {
  await useEngine("reference");
  const expected = (0.9 * 0.9 * 1 + 0.9 * 2 + 5) / (0.81 + 0.9 + 1);
  assertAlmostEquals(after({ decay: 0.9 }, 1, 2, 5), expected, 1e-14);
});

Deno.test("ema() begins at the first set when it is not corrected", async () => {
  await useEngine("reference");
  const expected = 0.9 * (0.9 * 1 + 0.1 * 2) + 0.1 * 5;
  const settings = { decay: 0.9, isCorrected: false };
  assertAlmostEquals(after(settings, 1, 2, 5), expected, 1e-14);
  assertEquals(after(settings, 7), 7);
});

Deno.test("ema() of equal sets is that set, corrected or not", async () => {
  await useEngine("reference");
  assertAlmostEquals(after({ decay: 0.99 }, 4, 4, 4), 4, 1e-13);
  assertAlmostEquals(after({ isCorrected: false }, 4, 4, 4), 4, 1e-13);
});

Deno.test("ema() of decay 0 is the last set", async () => {
  await useEngine("reference");
  assertEquals(after({ decay: 0 }, 3, 9), 9);
});

Deno.test("ema() holds one tensor a parameter whatever the number of updates", async () => {
  await useEngine("reference");
  const average = ema();
  const parameters = set(1, 2);
  let state = average.update(average.init(), parameters);
  const before = tf.memory().numTensors;
  for (let i = 0; i < 5; i++) state = average.update(state, parameters);
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("ema() refuses other names, a decay of 1 and reading nothing", async () => {
  await useEngine("reference");
  const average = ema();
  const state = average.update(average.init(), set(1));
  assertThrows(
    () => average.update(state, { other: tensorOf([1], [1]) }),
    ShapeError,
    "Cannot average over time (set 1): expected head.weight [1], got none",
  );
  assertThrows(
    () => ema({ decay: 1 }),
    RangeError,
    "Cannot average over time: expected a decay from 0 and below 1, got 1",
  );
  assertThrows(
    () => average.readout(average.init()),
    RangeError,
    "Cannot read the average: expected at least one parameter set, got none",
  );
});
