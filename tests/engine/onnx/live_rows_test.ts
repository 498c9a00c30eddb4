import "#tests/support/permitted.ts";
import { onLiveRows } from "#lib/engine/onnx/kernels/live_rows.ts";
import type { Info, OnnxBackend } from "#lib/engine/onnx/onnx_backend.ts";
import { tf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { assertEquals } from "@std/assert";

/** A matrix on the engine, to hand to a kernel. */
function matrix(backend: OnnxBackend, rows: readonly number[][]): Info {
  const info = backend.allocate([rows.length, rows[0]!.length]);
  backend.floats(info).set(rows.flat());
  return info;
}

Deno.test("onLiveRows() hands over the live rows alone, and puts their results back", async () => {
  await useEngine("onnx");
  const backend = tf.backend() as OnnxBackend;
  const dy = matrix(backend, [[0, 0], [0, 0], [5, 0], [0, 0]]);
  const x = matrix(backend, [[1, 2], [3, 4], [5, 6], [7, 8]]);
  const seen: number[][] = [];
  const kernel = onLiveRows(({ inputs, backend }) => {
    seen.push(inputs.dy!.shape, [...backend.floats(inputs.x!).slice(0, 2)]);
    return backend.reshaped(inputs.x!, inputs.x!.shape);
  }, ["dy", "x", "pre"]);
  const [dx] = kernel({ inputs: { dy, x }, attrs: {}, backend }) as Info[];
  assertEquals(seen, [[1, 2], [5, 6]]);
  const expected = [0, 0, 0, 0, 5, 6, 0, 0];
  assertEquals([...backend.floats(dx!).slice(0, 8)], expected);
  [dy, x, dx!].forEach((info) => backend.free(info));
});
