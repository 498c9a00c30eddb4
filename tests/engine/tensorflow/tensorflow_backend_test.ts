import "#tests/support/permitted.ts";
import { read, tensorOf, tf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { assertEquals, assertRejects } from "@std/assert";
import { scoreGradients, smallModel, stepOf } from "../onnx/small_layer.ts";
import { tensorFlowBackend } from "./present.ts";

Deno.test("tensorflow holds no more tensors and handles after 100 steps of mixed lengths than after 10", async () => {
  const backend = await tensorFlowBackend();
  if (!backend) return;
  const start = backend.usage();
  let state: ReturnType<typeof stepOf> = { model: smallModel(32), memory: {} };
  const usage = () => ({ ...tf.memory(), ...backend.usage() });
  let early: ReturnType<typeof usage> | undefined;
  for (let step = 1; step <= 100; step++) {
    const lengths = [3 + step % 17, 40 - step % 23, 9];
    state = stepOf(state.model, state.memory, lengths);
    if (step === 10) early = usage();
  }
  assertEquals(usage(), early);
  tf.dispose([{ ...state.model.parameters }, state.memory]);
  assertEquals(backend.usage(), start);
});

Deno.test("tensorflow gives the same bits 5 times", async () => {
  if (!await tensorFlowBackend()) return;
  const model = smallModel(128);
  const seen = new Set<string>();
  for (let run = 0; run < 5; run++) {
    const { value, gradients } = scoreGradients(model, [180, 33, 97, 5, 1]);
    const tensors = [value, ...Object.values(gradients)];
    const bytes = new Blob(
      tensors.map((t) => read(t) as Float32Array<ArrayBuffer>),
    );
    const hash = await crypto.subtle.digest(
      "SHA-256",
      await bytes.arrayBuffer(),
    );
    seen.add(new Uint8Array(hash).toHex());
    tf.dispose(tensors);
  }
  tf.dispose({ ...model.parameters });
  assertEquals(seen.size, 1);
});

Deno.test("a reshaped tensor outlives the one that it was made of", async () => {
  const backend = await tensorFlowBackend();
  if (!backend) return;
  const before = backend.usage();
  const x = tensorOf([1, 2, 3, 4], [4]);
  const [matrix, clone] = [tf.reshape(x, [2, 2]), tf.clone(x)];
  x.dispose();
  assertEquals([...read(matrix)], [1, 2, 3, 4]);
  clone.dispose();
  const turned = tf.transpose(matrix);
  assertEquals([...read(turned)], [1, 3, 2, 4]);
  tf.dispose([matrix, turned]);
  assertEquals(backend.usage(), before);
});

Deno.test("numbers that are read and numbers that were given are copies", async () => {
  if (!await tensorFlowBackend()) return;
  const given = Float32Array.of(1, 2);
  const x = tf.tensor1d(given);
  given[0] = 9;
  const seen = x.dataSync();
  assertEquals([...seen], [1, 2]);
  seen[1] = 9;
  assertEquals([...x.dataSync()], [1, 2]);
  x.dispose();
});

Deno.test("texts and empty tensors are kept", async () => {
  if (!await tensorFlowBackend()) return;
  const texts = tf.tensor1d(["a", "é"]);
  assertEquals(texts.arraySync() as unknown, ["a", "é"]);
  const none = tf.tensor2d([], [0, 3]);
  assertEquals(tf.concat([none, none]).shape, [0, 3]);
  assertEquals([...read(tf.sum(none, 0))], [0, 0, 0]);
  tf.dispose([texts, none]);
});

Deno.test("whole numbers are computed by the plain kernels, where they stand", async () => {
  const backend = await tensorFlowBackend();
  if (!backend) return;
  const before = backend.usage();
  const x = tf.tensor1d([7, -7, 2], "int32");
  const y = tf.tidy(() => tf.add(x, tf.scalar(1, "int32")));
  assertEquals([...y.dataSync()], [8, -6, 3]);
  assertEquals(y.dtype, "int32");
  tf.dispose([x, y]);
  assertEquals(backend.usage(), before);
});

Deno.test("useEngine() says that tensorflow computes in 32 bits", async () => {
  if (!await tensorFlowBackend()) return;
  await assertRejects(
    () => useEngine("tensorflow", { precision: "bf16" }),
    RangeError,
    "Cannot compute in bf16 on engine tensorflow: expected fp32",
  );
});
