/**
 * What every optimiser must do with a set of parameters, whatever its rule.
 *
 * @module
 */
import "#tests/support/permitted.ts";
import { assert, assertEquals } from "@std/assert";
import { type Parameters, read, tensorOf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { adamw } from "#lib/optim/adamw.ts";
import { clipByGlobalNorm } from "#lib/optim/clip_by_global_norm.ts";
import type { Optimizer } from "#lib/optim/optimizer.ts";
import { scheduleFreeAdamW } from "#lib/optim/schedule_free_adamw.ts";
import { scheduleFreeSequences } from "#lib/optim/schedule_free_sequences.ts";
import { scheduleFreeSgd } from "#lib/optim/schedule_free_sgd.ts";
import { sgd } from "#lib/optim/sgd.ts";
import { distance, type Values, valuesOf } from "./problem.ts";

const free = { warmup: 2, weightDecay: 0.1 };

/** Every optimiser. */
const OPTIMIZERS: Readonly<Record<string, () => Optimizer>> = {
  adamw: () => adamw({ learningRate: 0.1 }),
  sgd: () => sgd({ learningRate: 0.1, momentum: 0.9, weightDecay: 0.1 }),
  "sgd, nesterov": () => sgd({ momentum: 0.9, nesterov: true }),
  "schedule-free adamw": () => scheduleFreeAdamW(free),
  "schedule-free adamw, paper": () =>
    scheduleFreeAdamW({ ...free, form: "paper" }),
  "schedule-free sgd": () => scheduleFreeSgd(free),
  "three sequences": () => scheduleFreeSequences(free),
  "three sequences, polyak": () =>
    scheduleFreeSequences({ ...free, base: "sgd", beta1: 0 }),
  "three sequences, primal": () =>
    scheduleFreeSequences({ ...free, base: "sgd", beta1: 1 }),
};

const START: Values = { a: [1, -2, 3], b: [0.5], c: [4, 4] };

/** Parameters and read-out after three steps down a bowl around 0, of some names. */
function after(
  optimizer: Optimizer,
  names: readonly string[],
  slope = (x: number) => 2 * x,
) {
  const made = (values: Values): Parameters =>
    Object.fromEntries(
      names.map((name) => [
        name,
        tensorOf(values[name]!, [values[name]!.length]),
      ]),
    );
  let parameters = made(START);
  let state = optimizer.init(parameters);
  for (let step = 0; step < 3; step++) {
    const gradients = Object.fromEntries(
      names.map((name) => {
        const values = [...read(parameters[name]!)].map(slope);
        return [name, tensorOf(values, [values.length])];
      }),
    );
    ({ parameters, state } = optimizer.step(parameters, gradients, state));
  }
  const readout = valuesOf(optimizer.readout(parameters, state));
  return { parameters: valuesOf(parameters), readout };
}

for (const [name, make] of Object.entries(OPTIMIZERS)) {
  Deno.test(`${name} moves each parameter as if it were alone, in any order of names`, async () => {
    await useEngine("reference");
    const all = after(make(), ["a", "b", "c"]);
    assertEquals(after(make(), ["c", "a", "b"]), all);
    for (const key of ["a", "b", "c"]) {
      const { parameters, readout } = after(make(), [key]);
      assertEquals(parameters[key], all.parameters[key]);
      assertEquals(readout[key], all.readout[key]);
    }
  });

  Deno.test(`${name} stays finite under gradients of 1e30`, async () => {
    await useEngine("reference");
    const { parameters, readout } = after(make(), ["a", "b"], () => 1e30);
    for (const values of [parameters, readout].flatMap(Object.values)) {
      assert((values as number[]).every(Number.isFinite), `${values}`);
    }
  });
}

Deno.test("adam's rules take a step of the learning rate's size whatever the gradient's, 1e30 included", async () => {
  await useEngine("reference");
  for (const make of [adamw, scheduleFreeAdamW]) {
    const steep = after(make({ weightDecay: 0 }), ["a"], () => 1e30);
    const flat = after(make({ weightDecay: 0 }), ["a"], () => 1e3);
    // epsilon of 1e-8 beside gradients of 1e3.
    assert(distance(steep.parameters, flat.parameters) < 1e-10);
  }
});

for (const engine of ["reference", "wasm", "onnx"] as const) {
  Deno.test(`clipByGlobalNorm() makes a step of gradients of 1e15 finite on ${engine}`, async () => {
    await useEngine(engine);
    const clipped = clipByGlobalNorm(sgd({ learningRate: 1 }), { maxNorm: 1 });
    const { parameters } = after(clipped, ["a", "b"], () => 1e15);
    // Three steps of length 1, shared by four numbers: 1/2 each.
    const expected = { a: [-0.5, -3.5, 1.5], b: [-1] };
    assert(distance(parameters, expected) < 1e-5, JSON.stringify(parameters));
  });
}
