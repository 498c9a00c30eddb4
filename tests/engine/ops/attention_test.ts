import "#tests/support/permitted.ts";
import { attention } from "#lib/engine/ops/attention.ts";
import { type Tensor, tensorOf, tf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { ShapeError } from "#lib/num/shape_error.ts";
import { assertAlmostEquals, assertThrows } from "@std/assert";
import { given } from "../conformance/case.ts";
import { assertLikeTorch, numbersOf, texts } from "./oracle.ts";

/** The settings of one text with all tokens attended. */
function whole(tokens: number, heads = 1) {
  return {
    offsets: Int32Array.of(0, tokens),
    attend: new Uint8Array(tokens).fill(1),
    heads,
  };
}

Deno.test("attention() weighs values by the softmax of scaled products", async () => {
  await useEngine("reference");
  // Keys 0 and 1 of width 1: the first token's logits are 0 and 2 scale.
  const y = attention(tensorOf([2, 0, 10, 0, 1, 20], [2, 3]), {
    ...whole(2),
    scale: 0.5,
  });
  const e = Math.exp(1);
  assertAlmostEquals(numbersOf(y)[0]!, (10 + 20 * e) / (1 + e), 1e-12);
  assertAlmostEquals(numbersOf(y)[1]!, 15, 1e-12);
});

Deno.test("attention() has torch's values and gradients on mixed lengths with unattended tokens", () =>
  assertLikeTorch("attention", ({ qkv }) =>
    attention(qkv!, {
      offsets: Int32Array.from(texts.offsets),
      attend: Uint8Array.from(texts.attend),
      heads: texts.heads,
    })));

for (const engine of ["reference", "onnx", "wasm"] as const) {
  Deno.test(`attention() gives a text the same wherever it stands on ${engine}`, async () => {
    await useEngine(engine);
    const lengths = [3, 1, 3, 5];
    const offsets = Int32Array.of(0, 3, 4, 7, 12);
    const { values, shape } = given(1, [12, 24]);
    const qkv = tensorOf(values, shape);
    const attend = Uint8Array.of(1, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1);
    const together = numbersOf(attention(qkv, { offsets, attend, heads: 2 }));
    const alone = lengths.flatMap((length, text) => {
      const start = offsets[text]!;
      const part = tf.slice(qkv, [start, 0], [length, -1]);
      const kept = attend.subarray(start, start + length);
      return numbersOf(attention(part, { ...whole(length, 2), attend: kept }));
    });
    together.forEach((value, i) => assertAlmostEquals(value, alone[i]!, 1e-6));
  });
}

for (const engine of ["reference", "onnx", "wasm"] as const) {
  Deno.test(`attention() gives 0, and no gradient, where a window has no key, as torch's fused one does, on ${engine}`, async () => {
    await useEngine(engine);
    const values = [1, 1, 5, 1, 1, 7, 1, 1, 9, 1, 1, 3];
    const sum = (qkv: Tensor): tf.Scalar =>
      tf.sum(attention(qkv, {
        offsets: Int32Array.of(0, 3, 4),
        attend: Uint8Array.of(1, 0, 0, 1),
        heads: 1,
        window: 1,
      }));
    const qkv = tensorOf(values, [4, 3]);
    const { value, grad } = tf.valueAndGrad((x) => sum(x))(qkv);
    assertAlmostEquals(numbersOf(value)[0]!, 5 + 5 + 0 + 3, 1e-6);
    // The first value is taken twice, the last one by its own text alone.
    const expected = [0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    numbersOf(grad).forEach((slope, i) =>
      assertAlmostEquals(slope, expected[i]!, 1e-6)
    );
  });
}

Deno.test("attention() names a text that nobody can look at", async () => {
  await useEngine("reference");
  assertThrows(
    () =>
      attention(tensorOf(new Float64Array(9), [3, 3]), {
        offsets: Int32Array.of(0, 1, 3),
        attend: Uint8Array.of(1, 0, 0),
        heads: 1,
      }),
    RangeError,
    "Cannot attend: expected at least one attended token in text 1, got none of 2 tokens",
  );
});

Deno.test("attention() refuses heads that do not divide the width", async () => {
  await useEngine("reference");
  assertThrows(
    () => attention(tensorOf(new Float64Array(9), [3, 3]), whole(3, 2)),
    ShapeError,
    "Cannot attend: expected qkv [tokens, 3 x 2 heads x width]",
  );
});

Deno.test("attention() refuses offsets that do not end at the tokens", async () => {
  await useEngine("reference");
  assertThrows(
    () => attention(tensorOf(new Float64Array(9), [3, 3]), whole(2)),
    ShapeError,
    "got qkv [3,3], attend [2], offsets from 0 to 2",
  );
});
