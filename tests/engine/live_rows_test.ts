import "#tests/support/permitted.ts";
import { isWorthLeavingOut, liveRows } from "#lib/engine/live_rows.ts";
import { layerNorm } from "#lib/engine/ops/layer_norm.ts";
import { linear } from "#lib/engine/ops/linear.ts";
import { read, tensorOf, tf, valueAndGradients } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { stream } from "#lib/num/stream.ts";
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { torchBackend } from "./torch/present.ts";

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

Deno.test("liveRows() finds what is not zero, at even and odd widths", () => {
  const cases: [number, number[], number[]][] = [
    [5, [0, 0, 0, 1, 2, 0, 0, 0, NaN, 0], [1, 2, 4]],
    [3, [0, 0, 3, 0, 0, 0, 0, -1e-45, 0], [0, 2]],
    [2, [0, 0, 0, 0], []],
  ];
  for (const [rows, numbers, expected] of cases) {
    assertEquals([...liveRows(Float32Array.from(numbers), rows)], expected);
  }
  // Bits of bf16: four to a look, and one.
  const bits = Uint16Array.of(0, 0, 0, 0, 0, 0, 0x3f80, 0);
  assertEquals([...liveRows(bits, 2)], [1]);
  assertEquals([...liveRows(bits, 8)], [6]);
});

Deno.test("isWorthLeavingOut() says no where most rows are live", () => {
  assertEquals(isWorthLeavingOut(3, 4), true);
  assertEquals(isWorthLeavingOut(4, 4), false);
});

/** Gradients on an engine against reference: of few, of one, of no live rows and of all. */
async function compare(start: () => Promise<unknown>, tolerance: number) {
  for (const live of [[], [7], [0, 13, 14, 39], [...Array(40).keys()]]) {
    for (const width of [8, 9]) {
      await useEngine("reference");
      const expected = gradientsOf(live, width);
      if (await start() === undefined) return;
      const got = gradientsOf(live, width);
      for (const [name, numbers] of Object.entries(expected)) {
        const most = Math.max(1, ...numbers.map(Math.abs));
        numbers.forEach((number, i) =>
          assertAlmostEquals(
            got[name]![i]!,
            number,
            tolerance * most,
            `${name} ${i} of ${live}`,
          )
        );
      }
    }
  }
}

Deno.test("onnx: gradients of few, of one and of no live rows are those of reference", () =>
  compare(() => useEngine("onnx"), 1e-4));

Deno.test("torch: gradients of few, of one and of no live rows are those of reference", () =>
  compare(() => torchBackend(), 1e-4));

Deno.test("torch in bf16: gradients of few, of one and of no live rows are those of reference", async () => {
  // 8 bits of every number are kept; a norm's gradient is a difference of such.
  await compare(() => torchBackend("bf16"), 0.1);
  await torchBackend();
});
