import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { read, tensorOf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { clipByGlobalNorm } from "#lib/optim/clip_by_global_norm.ts";
import { decaysWeight } from "#lib/optim/decays_weight.ts";
import { OPTIMIZER_NAMES, optimizerNamed } from "#lib/optim/optimizer_named.ts";
import { sgd } from "#lib/optim/sgd.ts";

/** What a clipped step of rate 1 takes off two parameters. */
function moved(first: number, second: number, maxNorm: number): number[] {
  const optimizer = clipByGlobalNorm(sgd({ learningRate: 1 }), { maxNorm });
  const start = { a: tensorOf([0], [1]), b: tensorOf([0], [1]) };
  const gradients = { a: tensorOf([first], [1]), b: tensorOf([second], [1]) };
  const { parameters } = optimizer.step(
    start,
    gradients,
    optimizer.init(start),
  );
  return ["a", "b"].map((name) => -read(parameters[name]!)[0]!);
}

Deno.test("clipByGlobalNorm() shortens all gradients by one factor", async () => {
  await useEngine("reference");
  const [a, b] = moved(3, 4, 1);
  assertAlmostEquals(a!, 3 / (5 + 1e-6), 1e-12);
  assertAlmostEquals(b!, 4 / (5 + 1e-6), 1e-12);
});

Deno.test("clipByGlobalNorm() leaves short gradients as they are", async () => {
  await useEngine("reference");
  assertEquals(moved(0.3, 0.4, 1), [0.3, 0.4]);
});

Deno.test("clipByGlobalNorm() spreads a NaN to every parameter", async () => {
  await useEngine("reference");
  assertEquals(moved(NaN, 1, 1), [NaN, NaN]);
});

Deno.test("clipByGlobalNorm() refuses a norm of 0", () => {
  assertThrows(
    () => clipByGlobalNorm(sgd(), { maxNorm: 0 }),
    RangeError,
    "Cannot make clipping: expected maxNorm greater than 0, got 0",
  );
});

Deno.test("decaysWeight() leaves out biases, gains and what norms hold", () => {
  const names = {
    "embeddings.word": true,
    "head.weight": true,
    "layer.0.attention.qkv.bias": false,
    "layer.0.attention.norm.gain": false,
    "layer.0.norm.weight": false,
    "normal.weight": true,
  };
  for (const [name, decays] of Object.entries(names)) {
    assertEquals([name, decaysWeight(name)], [name, decays]);
  }
});

Deno.test("optimizerNamed() makes every name with its settings", async () => {
  await useEngine("reference");
  for (const name of OPTIMIZER_NAMES) {
    const optimizer = optimizerNamed(name, {
      steps: 10,
      learningRate: 0.5,
      warmup: 0.2,
      clip: 1,
      weightDecay: 0.1,
    });
    const isFree = name.startsWith("schedule-free");
    assertEquals(optimizer.name, name);
    assertEquals(optimizer.learningRate(0), isFree ? 0.25 : 0);
    assertEquals(optimizer.learningRate(2), 0.5);
  }
});

Deno.test("optimizerNamed() decays weights and not biases", async () => {
  await useEngine("reference");
  const optimizer = optimizerNamed("adamw", {
    steps: 10,
    schedule: "constant",
    learningRate: 0.5,
    weightDecay: 0.1,
  });
  const start = {
    "a.weight": tensorOf([2], [1]),
    "a.bias": tensorOf([2], [1]),
  };
  const zeros = {
    "a.weight": tensorOf([0], [1]),
    "a.bias": tensorOf([0], [1]),
  };
  const { parameters } = optimizer.step(start, zeros, optimizer.init(start));
  assertAlmostEquals(read(parameters["a.weight"]!)[0]!, 1.9, 1e-12);
  assertEquals(read(parameters["a.bias"]!)[0], 2);
});

Deno.test("optimizerNamed() leaves clipping out when it is 0", async () => {
  await useEngine("reference");
  const optimizer = optimizerNamed("sgd", { steps: 1, clip: 0 });
  const start = { w: tensorOf([1], [1]) };
  const gradients = { w: tensorOf([1], [1]) };
  const { state } = optimizer.step(start, gradients, optimizer.init(start));
  assertEquals("gradientNorm" in state.numbers, false);
});

Deno.test("optimizerNamed() names the nearest optimiser, and refuses a schedule beside schedule-free", () => {
  assertThrows(
    () => optimizerNamed("adam", { steps: 1 }),
    RangeError,
    "got adam (did you mean adamw?)",
  );
  assertThrows(
    () => optimizerNamed("toString", { steps: 1 }),
    RangeError,
    "Cannot make an optimizer: expected one of adamw, schedule-free-adamw, schedule-free-sgd, sgd, got toString",
  );
  assertThrows(
    () =>
      optimizerNamed("schedule-free-adamw", { steps: 1, schedule: "linear" }),
    RangeError,
    "Cannot make schedule-free-adamw: expected schedule constant, got linear",
  );
});
