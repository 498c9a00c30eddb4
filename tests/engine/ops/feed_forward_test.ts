import "#tests/support/permitted.ts";
import { feedForward } from "#lib/engine/ops/feed_forward.ts";
import { linear } from "#lib/engine/ops/linear.ts";
import { read, tensorOf, tf, valueAndGradients } from "#lib/engine/tensor.ts";
import type { Parameters, Tensor } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { ShapeError } from "#lib/num/shape_error.ts";
import { stream } from "#lib/num/stream.ts";
import { assertEquals, assertThrows } from "@std/assert";
import { torchBackend } from "../torch/present.ts";

/** Normal numbers of a shape. */
function normal(name: string, ...shape: number[]): Tensor {
  const random = stream(7, name);
  const size = shape.reduce((a, b) => a * b, 1);
  return tensorOf(Float32Array.from({ length: size }, random.normal), shape);
}

Deno.test("feedForward() multiplies the activated sums by the gate", async () => {
  await useEngine("reference");
  const y = feedForward(tensorOf([1, 2], [1, 2]), {
    inner: {
      weight: tensorOf([1, 1, 1, -1], [2, 2]),
      bias: tensorOf([4, 0], [2]),
    },
    gate: { weight: tensorOf([0, 3, 1, 0], [2, 2]) },
    out: { weight: tensorOf([10, 1], [1, 2]), bias: tensorOf([-1], [1]) },
    activation: "relu",
  });
  assertEquals([...read(y)], [10 * 7 * 6 + 1 * 0 * 1 - 1]);
});

for (const isGated of [false, true]) {
  const what = isGated ? "with a gate" : "without a gate";
  Deno.test(`feedForward() on engine onnx has the bits of its linear layers, ${what}`, async () => {
    await useEngine("onnx");
    const parameters = {
      x: normal("x", 700, 96),
      weight: normal("weight", 1536, 96),
      bias: normal("bias", 1536),
      outWeight: normal("out", 96, 1536),
      outBias: normal("out bias", 96),
      ...(isGated && { gate: normal("gate", 1536, 96) }),
    };
    // Most rows without a gradient, as behind MaxSim, or none.
    for (const live of [150, 700]) {
      const slope = tensorOf(
        Float32Array.from(
          { length: 700 * 96 },
          (_, i) => i < live * 96 ? Math.sin(i) : 0,
        ),
        [700, 96],
      );
      const differentiated = (run: (p: Parameters) => Tensor) => {
        const { value, gradients } = valueAndGradients(
          (p) => tf.sum(tf.mul(run(p), slope)),
          parameters,
        );
        return [value, ...Object.values(gradients)];
      };
      const fused = differentiated((p) => partOf(p, feedForward));
      const composed = differentiated((p) => partOf(p, byLinears));
      // A product with a gate has zeros of both signs: there the layers miss that rows
      // have no gradient, and add the others up in another order.
      const order = isGated && live < 700 ? 1e-6 : 0;
      assertEquals(differing(fused, composed, order), []);
    }
    const [fused, composed] = [feedForward, byLinears].map((apply) => [
      partOf(parameters, apply),
    ]);
    assertEquals(differing(fused!, composed!), []);
  });
}

for (const [rows, inner] of [[2500, 256], [40, 300]] as const) {
  Deno.test(`feedForward() on engine torch agrees with its linear layers, ${rows} rows, with a gate and without`, async () => {
    const backend = await torchBackend();
    if (!backend) return;
    for (const isGated of [false, true]) {
      const parameters = {
        x: normal("x", rows, 128),
        weight: normal("weight", inner, 128),
        bias: normal("bias", inner),
        outWeight: normal("out", 128, inner),
        outBias: normal("out bias", 128),
        ...(isGated && { gate: normal("gate", inner, 128) }),
      };
      const slope = normal("slope", rows, 128);
      const [fused, composed] = [feedForward, byLinears].map((apply) => {
        const { value, gradients } = valueAndGradients(
          (p) => tf.sum(tf.mul(partOf(p, apply), slope)),
          parameters,
        );
        const y = partOf(parameters, apply);
        return [value, y, ...Object.values(gradients)];
      });
      // Sums of up to 2,500 products in another order.
      assertEquals(differing(fused!, composed!, 1e-5), []);
      tf.dispose([parameters, slope, fused!, composed!]);
    }
  });
}

/**
 * Where tensors differ: which of them, at which place; by a bit, or by more than a share
 * of their largest number.
 */
function differing(
  some: readonly Tensor[],
  others: readonly Tensor[],
  share = 0,
) {
  return some.flatMap((tensor, i) => {
    const [a, b] = [read(tensor), read(others[i]!)];
    const largest = Array.from(b, Math.abs).reduce((a, b) => Math.max(a, b));
    const at = a.findIndex((value, place) =>
      share === 0
        ? !Object.is(value, b[place])
        : !(Math.abs(value - b[place]!) <= share * largest)
    );
    return at < 0 ? [] : [{ tensor: i, at, values: [a[at], b[at]] }];
  });
}

/** Applies a feed-forward part with the tensors of a set. */
function partOf(
  { x, weight, bias, gate, outWeight, outBias }: Parameters,
  apply: typeof feedForward,
): Tensor {
  return apply(x!, {
    inner: { weight: weight!, bias },
    ...(gate && { gate: { weight: gate } }),
    out: { weight: outWeight!, bias: outBias },
    activation: "gelu",
  });
}

/** The same by single layers. */
const byLinears: typeof feedForward = (x, { inner, gate, out, activation }) => {
  const sums = linear(x, inner.weight, { bias: inner.bias, activation });
  const gated = gate ? tf.mul(sums, linear(x, gate.weight, gate)) : sums;
  return linear(gated, out.weight, { bias: out.bias });
};

Deno.test("feedForward() refuses layers that do not fit each other", async () => {
  await useEngine("reference");
  assertThrows(
    () =>
      feedForward(tensorOf([1, 2], [1, 2]), {
        inner: { weight: tensorOf([3, 4], [1, 2]) },
        out: { weight: tensorOf([1, 2], [1, 2]), bias: tensorOf([0], [1]) },
        activation: "gelu",
      }),
    ShapeError,
    "Cannot apply a feed-forward part: expected x [rows, in], inner [inner, in], gate [inner, in], out [out, inner], each with a bias of its first length, got x [1,2], inner [1,2], out [1,2] with bias [1]",
  );
});
