import { graphicsDevice } from "#lib/engine/webgpu/device.ts";
import { assertRejects, assertStringIncludes } from "@std/assert";
import { hasAdapter } from "./adapter.ts";

const NONE =
  "Cannot load the webgpu engine: expected a graphics adapter that Deno's WebGPU sees, got none; install the driver";

Deno.test("graphicsDevice() says in one line what to do where there is no adapter", async () => {
  const blind = { requestAdapter: () => Promise.resolve(null) };
  for (const gpu of [blind, null as never]) {
    await assertRejects(() => graphicsDevice(gpu), RangeError, NONE);
  }
});

Deno.test({
  name: "graphicsDevice() names its adapter",
  ignore: !hasAdapter,
  fn: async () => {
    const { text } = await graphicsDevice();
    assertStringIncludes(text, "WebGPU on ");
  },
});
