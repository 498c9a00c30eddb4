import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import type { TokenVectors } from "#lib/encoder/encoder.ts";
import {
  read,
  type Tensor,
  tensorOf,
  tf,
  valueAndGradients,
} from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { clsPool } from "#lib/score/cls_pool.ts";
import { meanPool } from "#lib/score/mean_pool.ts";
import { tctPool } from "#lib/score/tct_pool.ts";
import { wardPool } from "#lib/score/ward_pool.ts";
import fixture from "../fixtures/score/pool.json" with { type: "json" };
import { joined, textsOf } from "./some_texts.ts";

/** The fixture's texts. */
function given(): TokenVectors {
  const offsets = [0];
  for (const length of fixture.lengths) offsets.push(offsets.at(-1)! + length);
  return {
    values: tensorOf(fixture.values, [offsets.at(-1)!, fixture.dim]),
    offsets: Int32Array.from(offsets),
    keep: Uint8Array.from(fixture.keep.flat()),
  };
}

/** One vector a text, as vectors of one token each. */
const single =
  (pool: (side: TokenVectors) => Tensor) => (side: TokenVectors) => {
    const values = pool(side);
    const offsets = Int32Array.from(
      { length: values.shape[0]! + 1 },
      (_, i) => i,
    );
    return { values, offsets, keep: new Uint8Array(values.shape[0]!).fill(1) };
  };

/** How each case of the fixture is pooled here. */
function poolOf(name: string): (side: TokenVectors) => TokenVectors {
  const [kind, factor, protectedTokens] = name.split(" ");
  if (kind === "cls") return single(clsPool);
  if (kind === "mean") return single(meanPool);
  if (kind === "tct") return single(tctPool);
  const options = {
    factor: Number(factor),
    protectedTokens: Number(protectedTokens),
  };
  return (side) => wardPool(side, options);
}

for (const [name, expected] of Object.entries(fixture.cases)) {
  Deno.test(`pooling equals PyLate's and torch's, values, order and gradient: ${name}`, async () => {
    await useEngine("reference");
    // tct leaves four positions out: only the long texts have more.
    const side = name === "tct"
      ? joined(textsOf(given()).filter(({ keep }) => keep.length > 4))
      : given();
    let found: TokenVectors | undefined;
    const { gradients } = valueAndGradients(({ values }) => {
      found = poolOf(name)({ ...side, values: values! });
      tf.keep(found.values);
      const weights = [...Array(found.values.size).keys()].map(Math.cos);
      return tf.sum(
        tf.mul(found.values, tensorOf(weights, found.values.shape)),
      );
    }, { values: side.values });
    const lengths = expected.lengths.map((_, i) =>
      found!.offsets[i + 1]! - found!.offsets[i]!
    );
    assertEquals(lengths, expected.lengths);
    read(found!.values).forEach((value, i) =>
      assertAlmostEquals(value, expected.values[i]!, 1e-14)
    );
    read(gradients["values"]!).forEach((value, i) =>
      assertAlmostEquals(value, expected.gradient[i]!, 1e-14)
    );
  });
}

Deno.test("wardPool() keeps every counting token where it has nothing to do", async () => {
  await useEngine("reference");
  const side = given();
  const { keep, offsets, values } = wardPool(side, { factor: 1 });
  const counting = fixture.keep.map((text) => text.filter(Boolean).length);
  assertEquals(
    [...offsets.slice(1)].map((end, i) => end - offsets[i]!),
    counting,
  );
  assertEquals([...keep].every((one) => one === 1), true);
  const kept = [...side.keep].flatMap((one, i) => one ? [i] : []);
  const rows = tf.gather(side.values, tensorOf(kept, [kept.length], "int32"));
  assertEquals([...read(values)], [...read(rows)]);
});

Deno.test("wardPool() of vectors of other lengths goes by their cosines", async () => {
  await useEngine("reference");
  const side = given();
  const lengths = [...side.keep].map((_, i) => 1 + i % 3);
  const longer = {
    ...side,
    values: tf.mul(side.values, tensorOf(lengths, [lengths.length, 1])),
  };
  assertEquals(wardPool(longer).offsets, wardPool(side).offsets);
});

Deno.test("wardPool() takes a vector of zeros as unlike all others", async () => {
  await useEngine("reference");
  const values = [1, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0, 1];
  const side = {
    values: tensorOf(values, [6, 2]),
    offsets: Int32Array.of(0, 6),
    keep: new Uint8Array(6).fill(1),
  };
  const { values: pooled } = wardPool(side, { factor: 2, protectedTokens: 0 });
  const found = [...read(pooled)];
  assertEquals(found.length, 6);
  assertEquals(found.every(Number.isFinite), true);
});

Deno.test("wardPool() refuses settings that are no such", async () => {
  await useEngine("reference");
  for (const factor of [0, 1.5, NaN]) {
    assertThrows(
      () => wardPool(given(), { factor }),
      RangeError,
      `Cannot pool tokens: expected factor whole and at least 1, got ${factor}`,
    );
  }
  assertThrows(
    () => wardPool(given(), { protectedTokens: -1 }),
    RangeError,
    "Cannot pool tokens: expected protectedTokens whole and at least 0, got -1",
  );
});
