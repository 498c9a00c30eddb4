import "#tests/support/permitted.ts";
import { adamStep } from "#lib/engine/ops/adam_step.ts";
import { scheduleFreeStep } from "#lib/engine/ops/schedule_free_step.ts";
import { read, type Tensor, tensorOf, tf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { stream } from "#lib/num/stream.ts";
import { assertEquals, assertLess } from "@std/assert";
import { tensorFlowBackend } from "./present.ts";

const SIZE = 1000;
const random = stream(3, "tensorflow steps");
const GRADIENT = Float32Array.from({ length: SIZE }, random.normal);

/** A tensor of many equal numbers. */
const all = (value: number) =>
  tensorOf(new Float32Array(SIZE).fill(value), [SIZE]);

/** Rates of the first step, when powers of the betas in 32 bits are furthest off. */
const RATES = {
  learningRate: 0.1,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.01,
  correction1: 1 - 0.9,
  correction2: 1 - 0.999,
  mix: 0.25,
};

/** First steps of both optimisers from the same numbers. */
const STEPS: Readonly<Record<string, () => Record<string, Tensor>>> = {
  adamStep: () => ({
    ...adamStep({
      parameter: all(0.5),
      gradient: tensorOf(GRADIENT, [SIZE]),
      first: all(0),
      second: all(0),
    }, RATES),
  }),
  scheduleFreeStep: () => ({
    ...scheduleFreeStep({
      y: all(0.5),
      gradient: tensorOf(GRADIENT, [SIZE]),
      z: all(0.25),
      second: all(0),
    }, RATES),
  }),
};

for (const [name, step] of Object.entries(STEPS)) {
  Deno.test(`${name}() on tensorflow takes reference's first step, and keeps nothing`, async () => {
    const backend = await tensorFlowBackend();
    if (!backend) return;
    await useEngine("reference");
    const wanted = Object.entries(step()).map(([key, x]) => [key, read(x)]);
    await useEngine("tensorflow");
    tf.dispose(step()); // makes the variables
    const before = backend.usage();
    const made = step();
    for (const [key, numbers] of wanted as [string, Float64Array][]) {
      const got = read(made[key]!);
      const apart = numbers.map((x, i) => Math.abs(x - got[i]!));
      // some seven operations in 32 bits, and 1 - .9 in 32 bits, off by 2.4e-7
      assertLess(Math.max(...apart), 1e-6 * Math.max(...numbers.map(Math.abs)));
    }
    tf.dispose(made);
    assertEquals(backend.usage(), before);
  });
}

Deno.test("a step on tensorflow leaves numbers alone that another tensor has too", async () => {
  const backend = await tensorFlowBackend();
  if (!backend) return;
  const before = backend.usage();
  const parameter = all(0.5);
  const held = tf.variable(parameter, false); // the same data, not a copy
  const [gradient, first, second] = [all(1), all(0), all(0)];
  const made = adamStep({ parameter, gradient, first, second }, RATES);
  assertEquals([...new Set(read(held))], [0.5]);
  assertLess(read(made.parameter)[0]!, 0.5);
  held.dispose();
  tf.dispose({ ...made });
  assertEquals(backend.usage(), before);
});
