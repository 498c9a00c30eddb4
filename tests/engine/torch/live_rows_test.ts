import "#tests/support/permitted.ts";
import { onLiveRows } from "#lib/engine/torch/kernels/live_rows.ts";
import { read, tensorOf, tf } from "#lib/engine/tensor.ts";
import type { Info } from "#lib/engine/torch/torch_backend.ts";
import { assertEquals } from "@std/assert";
import { torchBackend } from "./present.ts";

Deno.test("onLiveRows() hands over the live rows alone, puts their results back and frees the rest", async () => {
  const backend = await torchBackend();
  if (!backend || backend.torch.isCuda) return;
  const { torch } = backend;
  const dy = tensorOf([0, 0, 0, 0, 5, 0, 0, 0], [4, 2]);
  const x = tensorOf([1, 2, 3, 4, 5, 6, 7, 8], [4, 2]);
  const numbersOf = ({ dataId }: Info) =>
    backend.readSync(dataId) as Float32Array;
  const before = backend.numDataIds();
  const seen: number[][] = [];
  const kernel = onLiveRows(({ inputs, backend }) => {
    seen.push(inputs.dy!.shape, [...numbersOf(inputs.x!)]);
    return backend.reshaped(inputs.x!, inputs.x!.shape);
  }, ["dy", "x", "pre"]);
  const given = { inputs: { dy, x }, attrs: {}, backend, torch };
  const [dx] = torch.scoped(() => kernel(given)) as Info[];
  assertEquals(seen, [[1, 2], [5, 6]]);
  const expected = [0, 0, 0, 0, 5, 6, 0, 0];
  assertEquals([...numbersOf(dx!)], expected);
  assertEquals(backend.numDataIds(), before + 1);
  backend.disposeData(dx!.dataId);
  assertEquals([...read(x)], [1, 2, 3, 4, 5, 6, 7, 8]);
  tf.dispose([dy, x]);
});
