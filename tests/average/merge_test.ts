import {
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import type { EmaState } from "#lib/average/ema.ts";
import { greedySoup } from "#lib/average/greedy_soup.ts";
import { lerp } from "#lib/average/lerp.ts";
import { polyak } from "#lib/average/polyak.ts";
import { slerp } from "#lib/average/slerp.ts";
import {
  taskArithmetic,
  type TaskArithmeticOptions,
} from "#lib/average/task_arithmetic.ts";
import { uniformMean } from "#lib/average/uniform_mean.ts";
import { type Parameters, read, tensorOf, tf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { ShapeError } from "#lib/num/shape_error.ts";
import fixture from "../fixtures/average/slerp.json" with { type: "json" };

const set = (...values: number[]): Parameters => ({
  w: tensorOf(values, [values.length]),
});
const numbersOf = (given: Parameters) => [...read(given["w"]!)];

for (const entry of fixture.cases) {
  const { name, share, first, second } = entry;
  Deno.test(`slerp() equals mergekit's and the paper's at ${share} when ${name}`, async () => {
    await useEngine("reference");
    for (const form of ["mergekit", "paper"] as const) {
      const merged = numbersOf(
        slerp(set(...first), set(...second), { share, form }),
      );
      entry[form]?.forEach((value, i) =>
        assertAlmostEquals(merged[i]!, value, 1e-12)
      );
    }
  });
}

Deno.test("slerp() at a half of equal lengths is lerp() over the cosine of half the angle", async () => {
  await useEngine("reference");
  const [a, b] = [set(1, 0), set(Math.cos(1), Math.sin(1))];
  const straight = numbersOf(lerp([a, b], [1, 1]));
  for (const form of ["mergekit", "paper"] as const) {
    const round = numbersOf(slerp(a, b, { share: 0.5, form }));
    round.forEach((value, i) =>
      assertAlmostEquals(value, straight[i]! / Math.cos(0.5), 1e-12)
    );
  }
});

Deno.test("slerp() takes a share by name", async () => {
  await useEngine("reference");
  const [a, b] = [
    { x: tensorOf([1, 0], [2]), y: tensorOf([1, 0], [2]) },
    { x: tensorOf([0, 1], [2]), y: tensorOf([0, 1], [2]) },
  ];
  const merged = slerp(a, b, { share: (name) => name === "x" ? 0 : 1 });
  assertEquals([...read(merged["x"]!)], [1, 0]);
  assertAlmostEquals(read(merged["y"]!)[1]!, 1, 1e-15);
});

Deno.test("slerp() refuses shares beyond the ends, and other shapes", async () => {
  await useEngine("reference");
  assertThrows(
    () => slerp(set(1), set(2), { share: 1.5 }),
    RangeError,
    "Cannot interpolate w: expected a share from 0 to 1, got 1.5",
  );
  assertThrows(
    () => slerp(set(1), set(1, 2), { share: 0 }),
    ShapeError,
    "Cannot interpolate parameter sets (set 1): expected w [1], got [2]",
  );
});

Deno.test("taskArithmetic() adds differences to the base", async () => {
  await useEngine("reference");
  const [base, models] = [set(1, 1), [set(2, 1), set(1, 4)]];
  const of = (options: TaskArithmeticOptions) =>
    numbersOf(taskArithmetic(base, models, options));
  assertEquals(of({}), [2, 4]);
  assertEquals(of({ lambda: 0 }), [1, 1]);
  assertEquals(of({ weights: [-1, 0] }), [0, 1]);
  assertEquals(of({ isNormalised: true }), [1.5, 2.5]);
});

Deno.test("taskArithmetic() refuses no models, other weights, and weights without a sum", async () => {
  await useEngine("reference");
  assertThrows(
    () => taskArithmetic(set(1), []),
    RangeError,
    "Cannot add models: expected at least one model, got none",
  );
  assertThrows(
    () => taskArithmetic(set(1), [set(2)], { weights: [1, 2] }),
    ShapeError,
    "Cannot add models: expected 1 weights, got 2",
  );
  assertThrows(
    () =>
      taskArithmetic(set(1), [set(2), set(3)], {
        weights: [1, -1],
        isNormalised: true,
      }),
    RangeError,
    "expected weights with a sum other than 0, got 1, -1",
  );
});

Deno.test("polyak() is the mean of all sets it has seen", async () => {
  await useEngine("reference");
  const [mean, values] = [polyak(), [3, -1, 7, 0.5]];
  const state = values.reduce(
    (state: EmaState, value) => mean.update(state, set(value)),
    mean.init(),
  );
  const expected = numbersOf(uniformMean(values.map((value) => set(value))));
  assertAlmostEquals(numbersOf(mean.readout(state))[0]!, expected[0]!, 1e-14);
});

Deno.test("polyak() does not depend on tensors it was given", async () => {
  await useEngine("reference");
  const [mean, first] = [polyak(), set(3)];
  const state = mean.update(mean.init(), first);
  tf.dispose({ ...first });
  assertEquals(numbersOf(mean.readout(state)), [3]);
  assertThrows(
    () => mean.readout(mean.init()),
    RangeError,
    "Cannot read the average: expected at least one parameter set, got none",
  );
});

/** Candidates with their score: how near their number is to 1. */
const nearOne = (given: Parameters) => -Math.abs(numbersOf(given)[0]! - 1);
const candidates = (...values: number[]) =>
  values.map((value) => ({
    parameters: set(value),
    score: nearOne(set(value)),
  }));

Deno.test("greedySoup() keeps a model only when the mean gets better", async () => {
  await useEngine("reference");
  const soup = await greedySoup(candidates(0, 1.5, 9), nearOne);
  assertEquals(soup.chosen, [1, 0]);
  assertEquals([numbersOf(soup.parameters), soup.score], [[0.75], -0.25]);
});

Deno.test("greedySoup() keeps no model that changes nothing", async () => {
  await useEngine("reference");
  const soup = await greedySoup(candidates(2, 2), nearOne);
  assertEquals(soup.chosen, [0]);
});

Deno.test("greedySoup() holds one set of tensors whatever it tried", async () => {
  await useEngine("reference");
  const given = candidates(0, 1.5, 9, 4, 1.1);
  const before = tf.memory().numTensors;
  await greedySoup(given, nearOne);
  assertEquals(tf.memory().numTensors, before + 1);
});

Deno.test("greedySoup() refuses scores that are NaN, and no candidates", async () => {
  await useEngine("reference");
  await assertRejects(
    () => greedySoup([{ parameters: set(1), score: NaN }], nearOne),
    RangeError,
    "Cannot make a soup: expected a score, got NaN (candidate 0)",
  );
  await assertRejects(
    () => greedySoup([], nearOne),
    RangeError,
    "Cannot make a soup: expected at least one parameter set, got none",
  );
});
