import "#tests/support/permitted.ts";
import { assertAlmostEquals, assertEquals } from "@std/assert";
import {
  type AdamOptions,
  adamStep,
  adamSteps,
} from "#lib/engine/ops/adam_step.ts";
import { scaleAllInPlace } from "#lib/engine/ops/scale_in_place.ts";
import {
  type ScheduleFreeOptions,
  scheduleFreeStep,
  scheduleFreeSteps,
} from "#lib/engine/ops/schedule_free_step.ts";
import { sumOfSquares } from "#lib/engine/ops/sum_of_squares.ts";
import {
  type Parameters,
  read,
  type Tensor,
  tensorOf,
  tf,
} from "#lib/engine/tensor.ts";
import { BACKEND, registerKernels } from "#lib/engine/torch/kernel.ts";
import { listSteps } from "#lib/engine/torch/kernels/list_steps.ts";
import { stream } from "#lib/num/stream.ts";
import { torchBackend } from "./present.ts";

/** Shapes of parameters, among them single numbers, axes of length 1 and an odd length. */
const SHAPES = [[3, 4], [], [1, 5], [7, 1, 2], [1025]];

/** The kernels of a GPU, on this processor until the test is over. */
function withListKernels(): Disposable {
  registerKernels(listSteps);
  return {
    [Symbol.dispose]() {
      for (const name of Object.keys(listSteps)) {
        tf.unregisterKernel(name, BACKEND);
      }
    },
  };
}

/** The same tensors by name for every shape, each time anew; `second` is positive. */
function sets<Name extends string>(
  names: readonly Name[],
): Record<Name, Tensor>[] {
  return SHAPES.map((shape, place) =>
    Object.fromEntries(names.map((name) => {
      const { normal } = stream(place, name);
      const size = shape.reduce((product, n) => product * n, 1);
      const values = Array.from({ length: size }, () => normal());
      const positive = values.map((x) => name === "second" ? x * x : x);
      return [name, tensorOf(positive, shape)];
    })) as Record<Name, Tensor>
  );
}

/** Compares sets of tensors number by number, to some units of 32-bit floats' last place. */
function assertAlike(
  got: readonly Parameters[],
  expected: readonly Parameters[],
): void {
  assertEquals(got.length, expected.length);
  got.forEach((set, i) => {
    const wanted = Object.entries(expected[i]!);
    assertEquals(Object.keys(set), wanted.map(([name]) => name));
    for (const [name, tensor] of wanted) {
      const one = set[name]!;
      assertEquals(one.shape, tensor.shape);
      const values = read(one);
      read(tensor).forEach((value, j) =>
        assertAlmostEquals(
          values[j]!,
          value,
          2e-6 * Math.max(1, Math.abs(value)),
          `${name} of [${tensor.shape}]`,
        )
      );
    }
  });
  tf.dispose([...got, ...expected].map((set) => ({ ...set })));
}

const RATES: AdamOptions = {
  ...{ learningRate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-8 },
  ...{
    weightDecay: 0.02,
    correction1: 1 - 0.9 ** 7,
    correction2: 1 - 0.99 ** 7,
  },
};

const ADAM: readonly (readonly [string, AdamOptions])[] = [
  ["a seventh step", RATES],
  ["no decay", { ...RATES, weightDecay: 0 }],
  ["corrections of no step", { ...RATES, correction1: 0.2 }],
];

for (const [name, options] of ADAM) {
  Deno.test(`adamSteps() of lists on torch is adamStep() of each: ${name}`, async () => {
    if (!await torchBackend()) return;
    const names = ["parameter", "gradient", "first", "second"] as const;
    const before = tf.memory().numTensors;
    const each = sets(names).map((one) => ({ ...adamStep(one, options) }));
    using _ = withListKernels();
    const moved = adamSteps(sets(names), options);
    assertAlike(moved.map((set) => ({ ...set })), each);
    assertEquals(tf.memory().numTensors, before);
  });
}

const FREE: ScheduleFreeOptions = { ...RATES, mix: 0.3 };

const SCHEDULE_FREE: readonly (readonly [string, ScheduleFreeOptions])[] = [
  ["a seventh step", FREE],
  ["no decay", { ...FREE, weightDecay: 0 }],
  ["the paper's form, without correction", { ...FREE, correction2: 1 }],
  ["the first average", { ...FREE, mix: 1 }],
  ["a warm-up's weight of 0", { ...FREE, mix: 0, learningRate: 0 }],
  ["a correction of no step", { ...FREE, correction2: 0.0123 }],
];

for (const [name, options] of SCHEDULE_FREE) {
  Deno.test(`scheduleFreeSteps() of lists on torch is scheduleFreeStep() of each: ${name}`, async () => {
    if (!await torchBackend()) return;
    const names = ["y", "gradient", "z", "second"] as const;
    const before = tf.memory().numTensors;
    const each = sets(names).map((one) => ({
      ...scheduleFreeStep(one, options),
    }));
    using _ = withListKernels();
    const moved = scheduleFreeSteps(sets(names), options);
    assertAlike(moved.map((set) => ({ ...set })), each);
    assertEquals(tf.memory().numTensors, before);
  });
}

Deno.test("steps of lists on torch leave copies of what they are given as they were", async () => {
  if (!await torchBackend()) return;
  using _ = withListKernels();
  const given = sets(["y", "gradient", "z", "second"]);
  const copies = given.map((set) => ({
    ...{ y: tf.clone(set.y), z: tf.clone(set.z) },
  }));
  const before = copies.map(({ y, z }) => [read(y), read(z)]);
  const moved = scheduleFreeSteps(given, FREE);
  assertEquals(copies.map(({ y, z }) => [read(y), read(z)]), before);
  tf.dispose([...copies, ...moved.map((set) => ({ ...set }))]);
});

Deno.test("scaleAllInPlace() of lists on torch multiplies every tensor", async () => {
  if (!await torchBackend()) return;
  using _ = withListKernels();
  const expected = sets(["x"]).map(({ x }) => tf.mul(x, tf.scalar(-0.3)));
  const got = scaleAllInPlace(sets(["x"]).map(({ x }) => x), -0.3);
  assertEquals(got.map((x) => x.shape), SHAPES);
  assertAlike(got.map((x) => ({ x })), expected.map((x) => ({ x })));
});

Deno.test("sumOfSquares() of lists on torch is the sum over all, a tensor of 17 million numbers among them", async () => {
  if (!await torchBackend()) return;
  const list = sets(["x"]).map(({ x }) => x);
  const long = tf.fill([(1 << 24) + 3], 0.5);
  const each = sumOfSquares([...list, long]);
  using _ = withListKernels();
  const together = sumOfSquares([list[0]!, long, ...list.slice(1)]);
  assertAlmostEquals(together / each, 1, 2e-6);
  assertEquals(sumOfSquares([]), 0);
  tf.dispose([long, ...list]);
});
