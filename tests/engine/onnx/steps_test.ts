import "#tests/support/permitted.ts";
import type { OnnxBackend } from "#lib/engine/onnx/onnx_backend.ts";
import { read, tf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { assert, assertEquals } from "@std/assert";
import { scoreGradients, smallModel, stepOf } from "./small_layer.ts";

/** Keeps a core busy until it is ended. */
function busyWorker(): Worker {
  const code = new Blob(["for (;;);"], { type: "text/javascript" });
  return new Worker(URL.createObjectURL(code), { type: "module" });
}

/** All bits of a value and its gradients, as one text. */
async function digest(numbers: readonly Float32Array[]): Promise<string> {
  const bytes = new Blob(
    numbers.map((list) => list as BufferSource as BlobPart),
  );
  const hash = await crypto.subtle.digest("SHA-256", await bytes.arrayBuffer());
  return new Uint8Array(hash).toHex();
}

Deno.test("onnx gives the same bits 20 times with both cores busy", async () => {
  await useEngine("onnx");
  const model = smallModel(128);
  const lengths = [180, 33, 97, 5, 1, 250];
  const workers = Array.from(
    { length: navigator.hardwareConcurrency },
    busyWorker,
  );
  const seen = new Set<string>();
  for (let run = 0; run < 20; run++) {
    const { value, gradients } = scoreGradients(model, lengths);
    const tensors = [value, ...Object.values(gradients)];
    seen.add(await digest(tensors.map((t) => read(t) as Float32Array)));
    tf.dispose(tensors);
  }
  workers.forEach((worker) => worker.terminate());
  tf.dispose({ ...model.parameters });
  assertEquals(seen.size, 1);
});

Deno.test("onnx holds no more tensors and bytes after 200 steps of mixed lengths than after 10", async () => {
  await useEngine("onnx");
  const backend = tf.backend() as OnnxBackend;
  const start = backend.numDataIds();
  let state: ReturnType<typeof stepOf> = { model: smallModel(32), memory: {} };
  const usage = () => ({
    ...tf.memory(),
    ids: backend.numDataIds(),
    taken: backend.memoryUsage().taken,
  });
  let early: ReturnType<typeof usage> | undefined;
  for (let step = 1; step <= 200; step++) {
    const lengths = [3 + step % 17, 40 - step % 23, 9];
    state = stepOf(state.model, state.memory, lengths);
    if (step === 10) early = usage();
  }
  assertEquals(usage(), early);
  assert(backend.memoryUsage().waiting < 64 * 2 ** 20);
  tf.dispose([{ ...state.model.parameters }, state.memory]);
  assertEquals(backend.numDataIds(), start);
});

Deno.test("onnx gives what reference gives on a whole model and texts of mixed lengths", async () => {
  const lengths = [70, 33, 1, 150];
  const outcomes: Record<string, number[]>[] = [];
  for (const name of ["reference", "onnx"] as const) {
    await useEngine(name);
    const model = smallModel(48);
    const { value, gradients } = scoreGradients(model, lengths);
    const all = { value, ...gradients };
    outcomes.push(
      Object.fromEntries(
        Object.entries(all).map(([name, tensor]) => [name, [...read(tensor)]]),
      ),
    );
    tf.dispose([all, { ...model.parameters }]);
  }
  const [exact, ours] = outcomes as [typeof outcomes[0], typeof outcomes[0]];
  for (const [name, numbers] of Object.entries(exact)) {
    const largest = Math.max(...numbers.map(Math.abs));
    numbers.forEach((number, i) =>
      assert(Math.abs(ours[name]![i]! - number) <= 2e-5 * largest, name)
    );
  }
});
