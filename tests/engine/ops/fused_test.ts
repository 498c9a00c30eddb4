import "#tests/support/permitted.ts";
import { hasKernel, runFused, runKernel } from "#lib/engine/ops/fused.ts";
import { linear } from "#lib/engine/ops/linear.ts";
import {
  type Tensor,
  tensorOf,
  tf,
  valueAndGradients,
} from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { assertEquals } from "@std/assert";
import { numbersOf } from "./oracle.ts";

/** Half of `x` by a fused kernel, noting what its gradient read. */
function halved(x: Tensor, read: Tensor[]): Tensor {
  return runFused({
    kernel: "LabScale",
    inputs: { x },
    attributes: { factor: 0.5 },
    save: () => [x],
    gradient: (dy, saved) => {
      read.push(dy, ...saved);
      return runKernel("LabScale", { x: dy }, { factor: 0.5 });
    },
  });
}

Deno.test("hasKernel() knows the kernels of the engine in use only", async () => {
  await useEngine("reference");
  assertEquals([hasKernel("LabLinear"), hasKernel("LabNothing")], [
    true,
    false,
  ]);
  await useEngine("wasm");
  assertEquals(hasKernel("LabLinear"), false);
});

Deno.test("runFused() frees what its gradient read, before the tape is done", async () => {
  await useEngine("reference");
  const read: Tensor[] = [];
  const x = tensorOf([3, 4], [2]);
  const { gradients } = valueAndGradients(
    ({ x }) => tf.sum(halved(halved(x!, read), read)),
    { x },
  );
  assertEquals(numbersOf(gradients["x"]!), [0.25, 0.25]);
  assertEquals(read.map((tensor) => tensor.isDisposed), [
    true,
    true,
    true,
    true,
  ]);
  assertEquals(x.isDisposed, false);
});

Deno.test("runFused() leaves a gradient that the caller gave alive", async () => {
  await useEngine("reference");
  const [x, dy] = [tensorOf([3, 4], [2]), tensorOf([1, 10], [2])];
  const { grads } = tf.engine().gradients(() => halved(x, []), [x], dy);
  assertEquals(numbersOf(grads[0]!), [0.5, 5]);
  assertEquals(numbersOf(dy), [1, 10]);
});

Deno.test("runFused() adds up the gradients of a tensor that is used twice", async () => {
  await useEngine("reference");
  const { gradients } = valueAndGradients(
    ({ x }) => tf.sum(tf.add(halved(x!, []), tf.mul(halved(x!, []), x!))),
    { x: tensorOf([3], [1]) },
  );
  assertEquals(numbersOf(gradients["x"]!), [0.5 + 3]);
});

for (const engine of ["reference", "onnx", "wasm"] as const) {
  Deno.test(`a chain of layers leaves only its gradients behind on ${engine}`, async () => {
    await useEngine(engine);
    const parameters = {
      a: tensorOf([1, 2, 3, 4], [2, 2]),
      b: tensorOf([4, 3, 2, 1], [2, 2]),
    };
    const x = tensorOf([1, -1], [1, 2]);
    const before = tf.memory();
    const { value, gradients } = valueAndGradients(
      ({ a, b }) => tf.sum(linear(linear(x, a!, { activation: "gelu" }), b!)),
      parameters,
    );
    assertEquals(tf.memory().numTensors - before.numTensors, 3);
    tf.dispose({ value, ...gradients });
    assertEquals(tf.memory().numBytes, before.numBytes);
  });
}
