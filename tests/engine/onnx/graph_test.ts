import "#tests/support/permitted.ts";
import { buildGraph } from "#lib/engine/onnx/graph.ts";
import type { GraphForm } from "#lib/engine/onnx/graph.ts";
import { OnnxBackend } from "#lib/engine/onnx/onnx_backend.ts";
import { tf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { assertEquals, assertThrows } from "@std/assert";

/** The backend, in use. */
async function onnx(): Promise<OnnxBackend> {
  await useEngine("onnx");
  return tf.backend() as OnnxBackend;
}

/** A tensor of these numbers. */
function tensor(backend: OnnxBackend, numbers: number[]) {
  const info = backend.allocate([numbers.length]);
  backend.floats(info).set(numbers);
  return info;
}

const SCALED_SUM: GraphForm = {
  inputs: "a b",
  outputs: "y",
  nodes: [["Add", "a b", "sum"], ["Mul", "sum factor", "y"]],
  constants: { factor: 10 },
};

Deno.test("buildGraph() computes into the memory it is given", async () => {
  const backend = await onnx();
  const [a, b, y] = [[1, 2], [3, 4], [0, 0]].map((n) => tensor(backend, n));
  const graph = buildGraph(backend.runtime, SCALED_SUM);
  graph([a!, b!].map((info) => backend.argument(info)), [
    backend.argument(y!),
  ]);
  assertEquals([...backend.floats(y!)], [40, 60]);
  [a!, b!, y!].forEach((info) => backend.free(info));
});

Deno.test("buildGraph() reads and writes parts of tensors, and one in place", async () => {
  const backend = await onnx();
  const x = tensor(backend, [1, 2, 3, 4]);
  const part = backend.argument(x, { shape: [2], from: 1 });
  buildGraph(backend.runtime, SCALED_SUM)([part, part], [part]);
  assertEquals([...backend.floats(x)], [1, 40, 60, 4]);
  backend.free(x);
});

Deno.test("buildGraph() takes and gives whole numbers and flags", async () => {
  const backend = await onnx();
  const [bytes, floats] = [
    backend.allocate([3], "bool"),
    backend.allocate([3]),
  ];
  backend.values(bytes).set([1, 0, 1]);
  buildGraph(backend.runtime, {
    inputs: "x:bool",
    outputs: "y",
    nodes: [["Cast", "x", "y", { to: 1 }]],
  })([backend.argument(bytes)], [backend.argument(floats)]);
  assertEquals([...backend.floats(floats)], [1, 0, 1]);
  [bytes, floats].forEach((info) => backend.free(info));
});

Deno.test("buildGraph() passes on what ONNX Runtime says of a wrong graph", async () => {
  const { runtime } = await onnx();
  assertThrows(
    () =>
      buildGraph(runtime, {
        inputs: "x",
        outputs: "y",
        nodes: [["NoSuchOperator", "x", "y"]],
      }),
    RangeError,
    "Cannot compute with ONNX Runtime: expected no error, got",
  );
});

Deno.test("buildGraph() refuses shapes that do not fit, and goes on working", async () => {
  const backend = await onnx();
  const [a, b, y] = [[1, 2], [3, 4, 5], [0, 0]].map((n) => tensor(backend, n));
  const graph = buildGraph(backend.runtime, SCALED_SUM);
  const at = (info: typeof a) => backend.argument(info!);
  assertThrows(
    () => graph([at(a), at(b)], [at(y)]),
    RangeError,
    "Cannot compute with ONNX Runtime",
  );
  graph([at(a), at(a)], [at(y)]);
  assertEquals([...backend.floats(y!)], [20, 40]);
  [a!, b!, y!].forEach((info) => backend.free(info));
});
