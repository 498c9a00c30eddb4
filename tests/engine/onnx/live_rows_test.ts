import "#tests/support/permitted.ts";
import {
  isWorthLeavingOut,
  liveRows,
  onLiveRows,
} from "#lib/engine/onnx/kernels/live_rows.ts";
import type { Info, OnnxBackend } from "#lib/engine/onnx/onnx_backend.ts";
import { layerNorm } from "#lib/engine/ops/layer_norm.ts";
import { linear } from "#lib/engine/ops/linear.ts";
import { read, tensorOf, tf, valueAndGradients } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { stream } from "#lib/num/stream.ts";
import { assertAlmostEquals, assertEquals } from "@std/assert";

/** A matrix on the engine, to hand to a kernel. */
function matrix(backend: OnnxBackend, rows: readonly number[][]): Info {
  const info = backend.allocate([rows.length, rows[0]!.length]);
  backend.floats(info).set(rows.flat());
  return info;
}

/** Normal numbers, the same on every engine. */
function normals(name: string, size: number): Float32Array {
  const random = stream(3, name);
  return Float32Array.from({ length: size }, () => random.normal());
}

/** Gradients of a linear layer and a layer norm of which few rows count. */
function gradientsOf(live: readonly number[], width: number) {
  const rows = 40;
  const weights = new Float32Array(rows * width);
  const given = normals("dy", rows * width);
  for (const row of live) {
    const from = row * width;
    weights.set(given.subarray(from, from + width), from);
  }
  const { value, gradients } = valueAndGradients(
    ({ x, weight, bias, gain }) => {
      const wide = linear(x!, weight!, { bias: bias!, activation: "gelu" });
      const y = layerNorm(wide, gain!, bias!, { epsilon: 1e-6 });
      return tf.sum(tf.mul(y, tensorOf(weights, [rows, width])));
    },
    {
      x: tensorOf(normals("x", rows * 6), [rows, 6]),
      weight: tensorOf(normals("weight", width * 6), [width, 6]),
      bias: tensorOf(normals("bias", width), [width]),
      gain: tensorOf(normals("gain", width), [width]),
    },
  );
  const numbers = Object.entries(gradients).map(([name, tensor]) =>
    [name, [...read(tensor)]] as const
  );
  tf.dispose([value, gradients]);
  return Object.fromEntries(numbers);
}

Deno.test("liveRows() finds what is not zero, at even and odd widths", async () => {
  await useEngine("onnx");
  const backend = tf.backend() as OnnxBackend;
  const cases: [number[][], number[]][] = [
    [[[0, 0], [0, 1], [2, 0], [0, 0], [NaN, 0]], [1, 2, 4]],
    [[[0, 0, 3], [0, 0, 0], [0, -1e-45, 0]], [0, 2]],
    [[[0, 0], [0, 0]], []],
  ];
  for (const [rows, expected] of cases) {
    const info = matrix(backend, rows);
    assertEquals([...liveRows(backend, info)], expected);
    backend.free(info);
  }
});

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

Deno.test("isWorthLeavingOut() says no where most rows are live", () => {
  assertEquals(isWorthLeavingOut(3, 4), true);
  assertEquals(isWorthLeavingOut(4, 4), false);
});

Deno.test("gradients of few, of one and of no live rows are those of reference", async () => {
  for (const live of [[], [7], [0, 13, 14, 39], [...Array(40).keys()]]) {
    for (const width of [8, 9]) {
      await useEngine("reference");
      const expected = gradientsOf(live, width);
      await useEngine("onnx");
      const got = gradientsOf(live, width);
      for (const [name, numbers] of Object.entries(expected)) {
        numbers.forEach((number, i) =>
          assertAlmostEquals(got[name]![i]!, number, 2e-4, `${name} ${i}`)
        );
      }
    }
  }
});
