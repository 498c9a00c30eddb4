import "#tests/support/permitted.ts";
import { OnnxBackend } from "#lib/engine/onnx/onnx_backend.ts";
import { adamStep } from "#lib/engine/ops/adam_step.ts";
import { scaleInPlace } from "#lib/engine/ops/scale_in_place.ts";
import { read, tensorOf, tf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { assertEquals, assertNotEquals } from "@std/assert";

const RATES = {
  learningRate: 0.1,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
  correction1: 0.1,
  correction2: 0.001,
};

/** Tensors of a first step; consumed by it. */
function firstStep() {
  return {
    parameter: tensorOf([1, 2], [2]),
    gradient: tensorOf([1, -1], [2]),
    first: tensorOf([0, 0], [2]),
    second: tensorOf([0, 0], [2]),
  };
}

Deno.test("OnnxBackend shares memory under a new shape and frees it once", async () => {
  await useEngine("onnx");
  const backend = tf.backend() as OnnxBackend;
  const before = backend.memoryUsage().taken;
  const x = tensorOf([1, 2, 3, 4], [4]);
  const square = tf.reshape(x, [2, 2]);
  const taken = backend.memoryUsage().taken - before;
  x.dispose();
  assertEquals(backend.memoryUsage().taken - before, taken);
  assertEquals([...read(square)], [1, 2, 3, 4]);
  square.dispose();
  assertEquals(backend.memoryUsage().taken, before);
});

Deno.test("OnnxBackend gives copies: reading is not changed by later work", async () => {
  await useEngine("onnx");
  const x = tensorOf([1, 2], [2]);
  const numbers = x.dataSync();
  const scaled = scaleInPlace(x, 3);
  assertEquals([...numbers], [1, 2]);
  assertEquals([...read(scaled)], [3, 6]);
  scaled.dispose();
});

Deno.test("adamStep() on onnx works in place, on the same memory", async () => {
  await useEngine("onnx");
  const tensors = firstStep();
  const { dataId } = tensors.parameter;
  const { parameter, first, second } = adamStep(tensors, RATES);
  assertEquals(parameter.dataId, dataId);
  tf.dispose([parameter, first, second]);
});

Deno.test("adamStep() on onnx leaves a clone of the parameter as it was", async () => {
  await useEngine("onnx");
  const tensors = firstStep();
  const clone = tf.clone(tensors.parameter);
  const after = adamStep(tensors, RATES);
  assertEquals([...read(clone)], [1, 2]);
  assertNotEquals([...read(after.parameter)], [1, 2]);
  tf.dispose([clone, ...Object.values(after)]);
});

Deno.test("adamStep() on onnx moves nothing where the learning rate is 0", async () => {
  await useEngine("onnx");
  const tensors = firstStep();
  tensors.gradient.dispose();
  const gradient = tensorOf([0, 5], [2]);
  const after = adamStep({ ...tensors, gradient }, {
    ...RATES,
    learningRate: 0,
  });
  assertEquals([...read(after.parameter)], [1, 2]);
  tf.dispose({ ...after });
});
