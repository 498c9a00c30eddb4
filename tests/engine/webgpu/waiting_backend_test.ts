import { read, tensorOf, tf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { isOutOfMemory } from "#lib/engine/within_memory.ts";
import { graphicsDevice } from "#lib/engine/webgpu/device.ts";
import { WaitingBackend } from "#lib/engine/webgpu/waiting_backend.ts";
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { hasAdapter, withRoom } from "./adapter.ts";

const ignore = !hasAdapter;

Deno.test({
  name: "useEngine() puts webgpu in use by its name and says on what it runs",
  ignore,
  fn: async () => {
    const { name, device, why } = await useEngine("webgpu");
    assertEquals([name, tf.getBackend(), why], ["webgpu", "webgpu", []]);
    assertStringIncludes(device, "WebGPU on ");
  },
});

Deno.test({
  name: "reading waits for long work and for every type of number",
  ignore,
  fn: async () => {
    await useEngine("webgpu");
    // 40 products of 128 x 128: far from done when they are asked for
    const half = tf.fill([128, 128], 1 / 128);
    const mixed = tf.tidy(() => {
      let product: tf.Tensor2D = half as tf.Tensor2D;
      for (let i = 0; i < 40; i++) {
        product = tf.matMul(product, half as tf.Tensor2D);
      }
      return product;
    });
    // powers of two: exact in 32 bits
    assertEquals(new Set(read(mixed)), new Set([1 / 128]));
    const whole = tf.add(tensorOf([1, 2], [2], "int32"), tf.scalar(1, "int32"));
    assertEquals([...read(whole)], [2, 3]);
    const flags = tf.less(tensorOf([1, 3], [2]), tf.scalar(2));
    assertEquals([...read(flags)], [1, 0]);
    tf.dispose([half, mixed, whole, flags]);
  },
});

Deno.test({
  name: "reading gives the same again, and what was only on the host",
  ignore,
  fn: async () => {
    await useEngine("webgpu");
    const x = tensorOf([1.5, -2], [2]);
    assertEquals([...read(x)], [1.5, -2]);
    const y = tf.mul(x, 2);
    assertEquals([[...read(y)], [...read(y)]], [[3, -4], [3, -4]]);
    tf.dispose([x, y]);
  },
});

Deno.test({
  name: "a program that the device refuses is an error of the next read",
  ignore,
  fn: async () => {
    const { device, info } = await graphicsDevice();
    const backend = new WaitingBackend(device, info); // one that may be spoilt
    const program = {
      variableNames: [],
      outputShape: [1],
      dispatchLayout: { x: [0] },
      dispatch: [1, 1, 1] as [number, number, number],
      workgroupSize: [1, 1, 1] as [number, number, number],
      shaderKey: "refused",
      getUserCode: () => "fn main(index : i32) { no such words }",
    };
    const { dataId } = backend.runWebGPUProgram(program, [], "float32");
    await new Promise((resolve) => setTimeout(resolve));
    assertThrows(
      () => backend.readSync(dataId),
      RangeError,
      "Cannot read from the graphics device: expected it to take every program, got its refusal: ",
    );
  },
});

Deno.test({
  name:
    "a tensor larger than the device's arrays is refused at once, and nothing of it stays",
  ignore,
  fn: async () => {
    await withRoom(64, () => {
      const before = tf.backend().numDataIds();
      const x = tensorOf(new Float32Array(16), [16]);
      (tf.backend() as WaitingBackend).uploadToGPU(x.dataId); // else small work is done here
      const error = assertThrows(
        () => tf.tile(x, [16]),
        RangeError,
        "Cannot make a tensor on engine webgpu: expected 1024 bytes of memory, got at most 64 in one array of this graphics device",
      );
      assertEquals(isOutOfMemory(error), true);
      const sum = tf.tidy(() => tf.add(x, 1));
      assertEquals([...read(sum)], Array(16).fill(1));
      tf.dispose([x, sum]);
      assertEquals(tf.backend().numDataIds(), before);
    });
  },
});
