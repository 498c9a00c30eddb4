import { erf } from "#lib/engine/reference/erf.ts";
import { assertAlmostEquals, assertEquals } from "@std/assert";

// From the C library's erf, by Python's math.erf.
const TABLE: readonly (readonly [number, number])[] = [
  [0.1, 0.11246291601828489],
  [0.5, 0.5204998778130465],
  [1, 0.8427007929497149],
  [2, 0.9953222650189527],
  [2.5, 0.999593047982555],
  [3, 0.9999779095030014],
  [4, 0.9999999845827421],
];

for (const [x, wanted] of TABLE) {
  Deno.test(`erf() of ${x} and of ${-x} is right to 64 bits`, () => {
    assertAlmostEquals(erf(x), wanted, 3e-16);
    assertEquals(erf(-x), -erf(x));
  });
}

Deno.test("erf() joins its two forms without a step", () =>
  assertAlmostEquals(erf(2.5 - 1e-13), erf(2.5), 1e-15));

Deno.test("erf() of extremes is 0, 1 or NaN", () =>
  assertEquals([0, 1e-300, 40, Infinity, NaN].map(erf), [
    0,
    2 / Math.sqrt(Math.PI) * 1e-300,
    1,
    1,
    NaN,
  ]));
