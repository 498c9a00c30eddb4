import "#tests/support/permitted.ts";
import { read, tf } from "#lib/engine/tensor.ts";
import type { Precision } from "#lib/engine/precision.ts";
import { stepOf as numberOfStep } from "#lib/engine/torch/kernels/steps.ts";
import { assertEquals } from "@std/assert";
import { scoreGradients, smallModel, stepOf } from "../onnx/small_layer.ts";
import { torchBackend } from "./present.ts";

for (const precision of ["fp32", "bf16"] as Precision[]) {
  Deno.test(`torch in ${precision} holds no more tensors and bytes after 200 steps of mixed lengths than after 10`, async () => {
    const backend = await torchBackend(precision);
    if (!backend) return;
    // What the last step needed stays on a GPU until the next one.
    const warm = stepOf(smallModel(32), {}, [3]);
    tf.dispose([{ ...warm.model.parameters }, warm.memory]);
    const start = { ids: backend.numDataIds(), ...backend.memoryUsage() };
    let state: ReturnType<typeof stepOf> = {
      model: smallModel(32),
      memory: {},
    };
    const usage = () => ({
      ...tf.memory(),
      ids: backend.numDataIds(),
      ...backend.memoryUsage(),
    });
    let early: ReturnType<typeof usage> | undefined;
    for (let step = 1; step <= 200; step++) {
      const lengths = [3 + step % 17, 40 - step % 23, 9];
      state = stepOf(state.model, state.memory, lengths);
      if (step === 10) early = usage();
    }
    assertEquals(usage(), early);
    tf.dispose([{ ...state.model.parameters }, state.memory]);
    assertEquals(
      { ids: backend.numDataIds(), ...backend.memoryUsage() },
      start,
    );
    await torchBackend();
  });

  Deno.test(`torch in ${precision} gives the same bits 10 times`, async () => {
    if (!await torchBackend(precision)) return;
    const model = smallModel(128);
    const seen = new Set<string>();
    for (let run = 0; run < 10; run++) {
      const { value, gradients } = scoreGradients(model, [180, 33, 97, 5, 1]);
      const tensors = [value, ...Object.values(gradients)];
      seen.add(await digest(tensors.map((t) => read(t) as Float32Array)));
      tf.dispose(tensors);
    }
    tf.dispose({ ...model.parameters });
    assertEquals(seen.size, 1);
    await torchBackend();
  });
}

/** All bits of a value and its gradients, as one text. */
async function digest(numbers: readonly Float32Array[]): Promise<string> {
  const bytes = new Blob(
    numbers.map((list) => list as BufferSource as BlobPart),
  );
  const hash = await crypto.subtle.digest("SHA-256", await bytes.arrayBuffer());
  return new Uint8Array(hash).toHex();
}

Deno.test("stepOf() finds the step of two corrections, and none where they fit none", () => {
  const betas = { beta1: 0.9, beta2: 0.999 };
  for (const step of [1, 2, 77, 10_000]) {
    assertEquals(
      numberOfStep({
        ...betas,
        correction1: 1 - 0.9 ** step,
        correction2: 1 - 0.999 ** step,
      }),
      step,
    );
  }
  const late = { ...betas, correction1: 1, correction2: 1 };
  assertEquals(numberOfStep(late)! > 40_000, true);
  const wrong = { ...betas, correction1: 0.2, correction2: 0.001 };
  assertEquals(numberOfStep(wrong), undefined);
});
