import "#tests/support/permitted.ts";
import { tf } from "#lib/engine/tensor.ts";
import {
  type EngineName,
  engineNames,
  useEngine,
} from "#lib/engine/use_engine.ts";
import { assertEquals, assertRejects } from "@std/assert";
import { tensorFlowBackend } from "./tensorflow/present.ts";
import { torchBackend } from "./torch/present.ts";

for (const name of engineNames()) {
  Deno.test(`useEngine() puts ${name} in use and says on what it runs`, async () => {
    // libtorch and TensorFlow are no dependencies of the lab: without them there is nothing to use.
    if (name === "torch" && !await torchBackend()) return;
    if (name === "tensorflow" && !await tensorFlowBackend()) return;
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
    "Cannot use an engine: expected auto, torch, onnx, tensorflow, wasm, reference, got abacus",
  );
});

/** What useEngine says in a process without any permission. */
async function withoutPermission(
  name: string,
): Promise<Record<string, unknown>> {
  const script = new URL("./print_engine.ts", import.meta.url).href;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--no-check", script, name],
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test("useEngine() falls back to reference where nothing is allowed", async () => {
  const { name, why } = await withoutPermission("auto");
  assertEquals(name, "reference");
  const lines = (why as string[]).map((line) =>
    line.replace(/ for file:.*/, "")
  );
  assertEquals(lines, [
    "torch: Cannot load the torch engine: expected permission to call foreign code (--allow-ffi), got none",
    "onnx: Cannot load the onnx engine: expected permission to call foreign code (--allow-ffi), got none",
    "tensorflow: Cannot load the tensorflow engine: expected permission to call foreign code (--allow-ffi), got none",
    "wasm: Cannot load the wasm engine: expected permission to read its package (--allow-read), got none",
  ]);
});

Deno.test("useEngine() does not replace an engine that was named", async () => {
  const { error } = await withoutPermission("wasm");
  assertEquals(
    error,
    "Cannot use engine wasm: expected one that works here, got wasm: Cannot load the wasm engine: expected permission to read its package (--allow-read), got none",
  );
});
