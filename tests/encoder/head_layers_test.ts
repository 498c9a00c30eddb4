import "#tests/support/permitted.ts";
import { assertEquals, assertLess, assertThrows } from "@std/assert";
import {
  type HeadLayer,
  headShapes,
  runHead,
} from "#lib/encoder/head_layers.ts";
import { unitNorm } from "#lib/engine/ops/unit_norm.ts";
import { read, tensorOf, tf, valueAndGradients } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { readDenseHead } from "#lib/store/model/dense_head.ts";
import facts from "#tests/fixtures/store/heads.json" with { type: "json" };
import { fileURLToPath } from "node:url";
import { distance } from "./tiny_encoders.ts";

/** PyLate's head of three layers, as `make_heads.py` saved it. */
async function pylateHead() {
  const url = new URL("../fixtures/store/heads", import.meta.url);
  return (await readDenseHead(fileURLToPath(url), 16))!;
}

Deno.test("runHead() gives PyLate's vectors and gradients of a head of three layers on reference", async () => {
  await useEngine("reference");
  const { layers, weights } = await pylateHead();
  assertEquals(layers.map(({ dim, activation }) => [dim, activation]), [
    [12, "gelu"],
    [12, "tanh"],
    [6, "silu"],
  ]);
  const parameters = Object.fromEntries(
    Object.entries(weights).map(([name, { shape, values }]) => [
      name,
      tensorOf(values, shape),
    ]),
  );
  const given = { states: tensorOf(facts.head.states, [5, 16]) };
  const wave = Float64Array.from({ length: 30 }, (_, i) => Math.cos(i));
  const { gradients } = valueAndGradients(({ states, ...p }) => {
    const vectors = unitNorm(runHead(states!, p, layers));
    assertLess(distance(read(vectors), facts.head.vectors), 1e-12);
    return tf.sum(tf.mul(vectors, tensorOf(wave, [5, 6])));
  }, { ...given, ...parameters });
  const expected: Record<string, readonly number[]> = {
    ...facts.head.gradients,
    states: facts.head.stateGradient,
  };
  assertEquals(Object.keys(gradients).sort(), Object.keys(expected).sort());
  for (const [name, numbers] of Object.entries(expected)) {
    assertLess(distance(read(gradients[name]!), numbers), 1e-11, name);
  }
});

Deno.test("runHead() gives on onnx and wasm what it gives on reference", async () => {
  const { layers, weights } = await pylateHead();
  for (const engine of ["onnx", "wasm"] as const) {
    await useEngine(engine);
    const parameters = Object.fromEntries(
      Object.entries(weights).map(([name, { shape, values }]) => [
        name,
        tensorOf(values, shape),
      ]),
    );
    const vectors = unitNorm(
      runHead(tensorOf(facts.head.states, [5, 16]), parameters, layers),
    );
    assertLess(distance(read(vectors), facts.head.vectors), 1e-6, engine);
  }
});

Deno.test("runHead() applies each activation as it is defined, by hand", async () => {
  await useEngine("reference");
  const expected = {
    none: -2,
    relu: 0,
    gelu: -0.04550026389635842,
    tanh: Math.tanh(-2),
    sigmoid: 1 / (1 + Math.exp(2)),
    silu: -2 / (1 + Math.exp(2)),
  };
  const parameters = { "head.weight": tensorOf([-1], [1, 1]) };
  for (const [activation, value] of Object.entries(expected)) {
    const layer = { dim: 1, activation } as HeadLayer;
    const got = read(runHead(tensorOf([2], [1, 1]), parameters, [layer]))[0]!;
    assertLess(Math.abs(got - value), 1e-12, activation);
  }
});

Deno.test("headShapes() refuses no layer, and lengths that cannot be", () => {
  assertThrows(() => headShapes([], 4), RangeError, "at least one layer");
  for (const dim of [0, 1.5, 65537, NaN]) {
    assertThrows(
      () => headShapes([{ dim: 3 }, { dim }], 4),
      RangeError,
      `expected dim from 1 to 65,536, got ${dim}`,
    );
  }
});
