import "#tests/support/permitted.ts";
import { dropout, dropoutMask } from "#lib/engine/ops/dropout.ts";
import { dropoutRowKeys } from "#lib/engine/ops/dropout_row_keys.ts";
import { tensorOf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { ShapeError } from "#lib/num/shape_error.ts";
import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { numbersOf } from "./oracle.ts";

/** Keys of texts of given lengths. */
function keys(texts: number[], lengths: number[], step = 3): Uint32Array {
  let end = 0;
  const offsets = Int32Array.from([0, ...lengths.map((n) => end += n)]);
  return dropoutRowKeys({
    key: 11,
    step,
    texts: Int32Array.from(texts),
    offsets,
  });
}

/** Which features of ones survive. */
function survivors(rowKeys: Uint32Array, n: number, rate = 0.3): number[] {
  const ones = tensorOf(new Float64Array(rowKeys.length * n).fill(1), [
    rowKeys.length,
    n,
  ]);
  return numbersOf(dropout(ones, { rate, rowKeys, site: 5 })).map((y) =>
    Number(y !== 0)
  );
}

Deno.test("dropoutMask() drops about the rate and scales up the rest", () => {
  const rowKeys = keys([0], [500]);
  const mask = dropoutMask(200, { rate: 0.1, rowKeys, site: 0 });
  const dropped = mask.filter((factor) => factor === 0).length / mask.length;
  // Five standard deviations of a binomial share.
  assertAlmostEquals(dropped, 0.1, 5 * Math.sqrt(0.1 * 0.9 / mask.length));
  assertEquals([...new Set(mask)].sort(), [0, 1 / 0.9]);
});

Deno.test("dropoutMask() draws rows, sites and neighbours apart", () => {
  const rowKeys = keys([0], [2]);
  const at = (
    site: number,
  ) => [...dropoutMask(4000, { rate: 0.5, rowKeys, site })];
  const share = (a: number[], b: number[]) =>
    a.filter((value, i) => value === b[i]).length / a.length;
  const mask = at(0);
  assertAlmostEquals(share(mask.slice(0, 4000), mask.slice(4000)), 0.5, 0.04);
  assertAlmostEquals(share(mask, at(1)), 0.5, 0.03);
  assertAlmostEquals(share(mask.slice(1), mask.slice(0, -1)), 0.5, 0.03);
});

Deno.test("dropout() has the same mask on every engine", async () => {
  const masks: number[][] = [];
  for (const engine of ["reference", "onnx", "wasm"] as const) {
    await useEngine(engine);
    masks.push(survivors(keys([0, 1], [40, 30]), 129));
  }
  assertEquals(masks[1], masks[0]);
  assertEquals(masks[2], masks[0]);
});

Deno.test("dropout() has the same mask however the batch is split and ordered", async () => {
  await useEngine("reference");
  const together = survivors(keys([0, 1, 2], [2, 3, 1]), 10);
  const second = survivors(keys([1], [3]), 10);
  const others = survivors(keys([2, 0], [1, 2]), 10);
  assertEquals(together, [
    ...others.slice(10),
    ...second,
    ...others.slice(0, 10),
  ]);
});

Deno.test("dropout() has another mask at another step", async () => {
  await useEngine("reference");
  const masks = [1, 2].map((step) =>
    survivors(keys([0], [3], step), 64).join("")
  );
  assertEquals(masks[0] === masks[1], false);
});

Deno.test("dropout() of rate 0 changes nothing", async () => {
  await useEngine("reference");
  const y = dropout(tensorOf([1, 2], [1, 2]), {
    rate: 0,
    rowKeys: Uint32Array.of(1),
    site: 0,
  });
  assertEquals(numbersOf(y), [1, 2]);
});

for (const rate of [1, -0.1, NaN]) {
  Deno.test(`dropout() refuses a rate of ${rate}`, async () => {
    await useEngine("reference");
    assertThrows(
      () =>
        dropout(tensorOf([1], [1, 1]), {
          rate,
          rowKeys: Uint32Array.of(1),
          site: 0,
        }),
      RangeError,
      `Cannot drop features out: expected a rate in [0, 1), got ${rate}`,
    );
  });
}

Deno.test("dropout() refuses a key too few", async () => {
  await useEngine("reference");
  assertThrows(
    () =>
      dropout(tensorOf([1, 2], [2, 1]), {
        rate: 0.1,
        rowKeys: Uint32Array.of(1),
        site: 0,
      }),
    ShapeError,
    "expected x [rows, n] and one key a row, got x [2,1] and 1 keys",
  );
});
