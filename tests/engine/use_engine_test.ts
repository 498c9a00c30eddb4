import { tf } from "#lib/engine/tensor.ts";
import {
  type EngineName,
  engineNames,
  useEngine,
} from "#lib/engine/use_engine.ts";
import { assertEquals, assertRejects } from "@std/assert";

for (const name of engineNames()) {
  Deno.test(`useEngine() puts ${name} in use and says on what it runs`, async () => {
    const { device, why } = await useEngine(name);
    assertEquals(tf.getBackend(), name);
    assertEquals(why, []);
    assertEquals(device.length > 0, true);
  });
}

Deno.test("useEngine() takes the first that works and says why it passed others over", async () => {
  const { name, why } = await useEngine("auto");
  assertEquals(why.length, engineNames().indexOf(name));
  why.forEach((line, i) =>
    assertEquals(line.startsWith(`${engineNames()[i]}: `), true)
  );
});

Deno.test("useEngine() refuses a name no engine has", async () => {
  await assertRejects(
    () => useEngine("abacus" as EngineName),
    RangeError,
    "Cannot use an engine: expected auto, onnx, wasm, reference, got abacus",
  );
});
