import "#tests/support/permitted.ts";
import {
  read,
  scalarOf,
  tensorOf,
  tf,
  valueAndGradients,
} from "#lib/engine/tensor.ts";
import { engineNames, useEngine } from "#lib/engine/use_engine.ts";
import { ShapeError } from "#lib/num/shape_error.ts";
import { isPresent } from "./present.ts";
import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";

Deno.test("tensorOf() keeps 64 bits on reference and copies its numbers", async () => {
  await useEngine("reference");
  const values = Float64Array.of(0.1, 0.2);
  const x = tensorOf(values, [2]);
  values.fill(7);
  assertInstanceOf(read(x), Float64Array);
  assertEquals([...read(x)], [0.1, 0.2]);
});

for (const engine of engineNames()) {
  Deno.test(`tensorOf() keeps its numbers on ${engine} when those given change`, async () => {
    if (!await isPresent(engine)) return;
    const values = Float32Array.of(1, 2, 3, 4);
    const x = tensorOf(values.subarray(1), [3]);
    values.fill(7);
    assertEquals([...await x.data()], [2, 3, 4]);
    x.dispose();
  });
}

Deno.test("tensorOf() rounds to 32 bits elsewhere", async () => {
  await useEngine("wasm");
  assertInstanceOf(read(tensorOf([0.1], [1])), Float32Array);
  assertEquals([...read(tensorOf([0.1], [1]))], [Math.fround(0.1)]);
});

Deno.test("tensorOf() refuses numbers that do not fill the shape", async () => {
  await useEngine("reference");
  assertThrows(
    () => tensorOf([1, 2, 3], [2, 2]),
    ShapeError,
    "Cannot make a tensor: expected 4 numbers for [2,2], got 3 numbers",
  );
});

Deno.test("read() gives a copy", async () => {
  await useEngine("reference");
  const x = tensorOf([1], [1]);
  read(x).fill(5);
  assertEquals([...read(x)], [1]);
});

Deno.test("valueAndGradients() gives zeros for a parameter the value does not use", async () => {
  await useEngine("reference");
  const { value, gradients } = valueAndGradients(
    ({ x }) => tf.mul(x!, scalarOf(3)),
    { x: scalarOf(2), unused: tensorOf([1, 2], [2]) },
  );
  assertEquals([...read(value)], [6]);
  assertEquals([...read(gradients["x"]!)], [3]);
  assertEquals([...read(gradients["unused"]!)], [0, 0]);
});

Deno.test("valueAndGradients() leaves the value and the gradients behind, nothing else", async () => {
  await useEngine("reference");
  const x = tensorOf([1, 2], [2]);
  const before = tf.memory().numTensors;
  valueAndGradients(({ x }) => tf.sum(tf.square(tf.add(x!, x!))), { x });
  assertEquals(tf.memory().numTensors - before, 2);
});

Deno.test("valueAndGradients() leaves nothing behind when the way there or the way back fails", async () => {
  await useEngine("reference");
  const x = tensorOf([1, 2], [2]);
  const before = tf.memory();
  const failing = tf.customGrad((given) => ({
    value: tf.square(given as tf.Tensor),
    gradFunc: () => {
      throw new RangeError("no way back");
    },
  }));
  assertThrows(
    () =>
      valueAndGradients(({ x }) => {
        tf.exp(tf.square(x!));
        throw new RangeError("no way there");
      }, { x }),
    RangeError,
    "no way there",
  );
  assertThrows(
    () => valueAndGradients(({ x }) => tf.sum(failing(tf.exp(x!))), { x }),
    RangeError,
    "no way back",
  );
  assertEquals(tf.memory().numTensors, before.numTensors);
  assertEquals(tf.memory().numDataBuffers, before.numDataBuffers);
  const { gradients } = valueAndGradients(({ x }) => tf.sum(x!), { x });
  assertEquals([...read(gradients["x"]!)], [1, 1]);
});
