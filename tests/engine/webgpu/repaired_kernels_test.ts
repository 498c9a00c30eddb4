import { read, tf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { assertEquals } from "@std/assert";
import { hasAdapter } from "./adapter.ts";

/** What an operation gives on an engine, and how many tensors and stored arrays it leaves. */
async function on(
  engine: "webgpu" | "reference",
  run: () => tf.Tensor,
): Promise<{ shape: number[]; values: number[]; left: number }> {
  await useEngine(engine);
  const stored = () => engine === "webgpu" ? tf.backend().numDataIds() : 0;
  const before = tf.memory().numTensors + stored();
  const result = tf.tidy(run);
  const { shape } = result;
  const values = [...read(result)];
  result.dispose();
  return { shape, values, left: tf.memory().numTensors + stored() - before };
}

const CASES: Readonly<Record<string, () => tf.Tensor>> = {
  "pad of five axes, one of them": () =>
    tf.pad(
      tf.reshape(tf.range(1, 9), [1, 2, 2, 1, 2]),
      [[1, 2], [0, 0], [0, 0], [0, 0], [0, 0]],
    ),
  "pad of six axes, most of them, with another value": () =>
    tf.pad(
      tf.reshape(tf.range(1, 9), [1, 2, 1, 2, 1, 2]),
      [[0, 0], [1, 0], [0, 2], [0, 0], [1, 1], [0, 1]],
      7,
    ),
  "pad of five axes, none of them": () =>
    tf.pad(
      tf.reshape(tf.range(1, 9), [1, 2, 2, 1, 2]),
      [[0, 0], [0, 0], [0, 0], [0, 0], [0, 0]],
    ),
  "pad of two axes": () =>
    tf.pad(tf.reshape(tf.range(1, 5), [2, 2]), [[1, 0], [0, 1]]),
  "prod that keeps its axes": () =>
    tf.prod(tf.reshape(tf.range(1, 9), [2, 2, 2]), [0, -1], true),
  "prod that does not": () => tf.prod(tf.reshape(tf.range(1, 9), [2, 2, 2]), 1),
};

for (const [name, run] of Object.entries(CASES)) {
  Deno.test({
    name: `webgpu gives what reference does: ${name}`,
    ignore: !hasAdapter,
    fn: async () => {
      assertEquals(await on("webgpu", run), await on("reference", run));
    },
  });
}
