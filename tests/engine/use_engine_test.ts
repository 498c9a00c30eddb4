import "#tests/support/permitted.ts";
import { tf } from "#lib/engine/tensor.ts";
import {
  type EngineName,
  engineNames,
  useEngine,
} from "#lib/engine/use_engine.ts";
import { assertEquals, assertRejects } from "@std/assert";
import { gpuName } from "#lib/engine/torch/gpu.ts";
import { tensorFlowBackend } from "./tensorflow/present.ts";
import { torchBackend } from "./torch/present.ts";
import { hasAdapter } from "./webgpu/adapter.ts";

for (const name of engineNames()) {
  Deno.test(`useEngine() puts ${name} in use and says on what it runs`, async () => {
    // libtorch and TensorFlow are no dependencies of the lab: without them there is nothing to use.
    if (name === "torch" && !await torchBackend()) return;
    if (name === "webgpu" && !hasAdapter) return;
    if (name === "tensorflow" && !await tensorFlowBackend()) return;
    const { device, why } = await useEngine(name);
    assertEquals(tf.getBackend(), name);
    assertEquals(why, []);
    assertEquals(device.length > 0, true);
  });
}

Deno.test("useEngine() takes the first that works and says why it passed others over", async () => {
  // A GPU, or a precision that only torch has, puts torch before the others.
  for (const precision of ["fp32", "bf16"] as const) {
    const first: EngineName[] = precision === "bf16" || gpuName() !== undefined
      ? ["torch"]
      : [];
    const order = [...new Set([...first, ...engineNames()])];
    const taken = await useEngine("auto", { precision }).catch(() => undefined);
    if (taken === undefined) {
      // Without libtorch nothing offers bf16, and nothing is taken in its place.
      assertEquals([precision, await torchBackend()], ["bf16", undefined]);
      continue;
    }
    assertEquals(taken.why.length, order.indexOf(taken.name));
    taken.why.forEach((line, i) =>
      assertEquals(line.startsWith(`${order[i]}: `), true)
    );
  }
});

Deno.test("useEngine() refuses a name no engine has", async () => {
  await assertRejects(
    () => useEngine("abacus" as EngineName),
    RangeError,
    "Cannot use an engine: expected auto, onnx, torch, wasm, reference, tensorflow, webgpu, got abacus",
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
    "onnx: Cannot load the onnx engine: expected permission to call foreign code (--allow-ffi), got none",
    "torch: Cannot load the torch engine: expected permission to call foreign code (--allow-ffi), got none",
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
