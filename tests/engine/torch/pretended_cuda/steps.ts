/**
 * Takes steps of a small model on engine torch and prints, as one line of JSON, their
 * losses, the gradients of the first, and what was asked of a pretended GPU:
 *
 *     steps.ts PRECISION [the library of the pretended GPU]
 *
 * @module
 */
import { openLibrary } from "#lib/engine/foreign.ts";
import { read, tf } from "#lib/engine/tensor.ts";
import type { Precision } from "#lib/engine/precision.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { scoreGradients, smallModel, stepOf } from "../../onnx/small_layer.ts";

const STEPS = 4;
const LENGTHS = [9, 3, 17, 1];
const [precision = "fp32", library] = Deno.args;

const { device } = await useEngine("torch", {
  precision: precision as Precision,
});
const counter = library === undefined ? undefined : openLibrary(library, {
  pretended_cuda_counts: { parameters: ["buffer"], result: "void" },
});

/** Launches, uploads, their bytes, downloads and waits so far. */
function counted(): number[] {
  const words = new BigUint64Array(new ArrayBuffer(128));
  counter?.pretended_cuda_counts?.(words);
  return Array.from(words.subarray(0, 5), Number);
}

let state: ReturnType<typeof stepOf> = {
  model: smallModel(32),
  memory: {},
};
const losses: number[] = [];
const slopes: Record<string, number[]> = {};
let counts: number[] = [];
for (let step = 0; step < STEPS; step++) {
  const { value, gradients } = scoreGradients(state.model, LENGTHS);
  losses.push(read(value)[0]!);
  for (const [name, tensor] of Object.entries(gradients)) {
    slopes[name] ??= [...read(tensor)];
  }
  tf.dispose([value, ...Object.values(gradients)]);
  const before = counted();
  state = stepOf(state.model, state.memory, LENGTHS);
  counts = counted().map((count, i) => count - before[i]!);
}
const [launches, uploads, , downloads, waits] = counts;
console.log(
  JSON.stringify({
    ...{ device, losses, slopes },
    counts: { launches, uploads, downloads, waits },
  }),
);
