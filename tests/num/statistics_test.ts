import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { equivalence } from "#lib/num/equivalence.ts";
import { holm } from "#lib/num/holm.ts";
import { mean } from "#lib/num/mean.ts";
import { meanInterval } from "#lib/num/mean_interval.ts";
import { normalCdf, normalQuantile } from "#lib/num/normal_distribution.ts";
import { pairedT } from "#lib/num/paired_t.ts";
import { power, smallestEffect } from "#lib/num/power.ts";
import { quantile, quantiles } from "#lib/num/quantile.ts";
import { randomisation } from "#lib/num/randomisation.ts";
import { ShapeError } from "#lib/num/shape_error.ts";
import { standardDeviation } from "#lib/num/standard_deviation.ts";
import { studentCdf, studentQuantile } from "#lib/num/student_distribution.ts";
import fixture from "#tests/fixtures/num/num.json" with { type: "json" };

/** Equal to a share of the expected value's own size. */
function assertNear(actual: number, expected: number, share = 1e-12): void {
  assertAlmostEquals(actual, expected, share * Math.abs(expected));
}

Deno.test("normalCdf() equals mpmath to 1e-12 of its own size when out to 20 deviations", () => {
  fixture.points.forEach((x, i) =>
    assertNear(normalCdf(x), fixture.normalCdf[i]!)
  );
});

Deno.test("normalQuantile() equals scipy to 1e-12 when chances go down to 1e-100", () => {
  fixture.chances.forEach((p, i) =>
    assertNear(normalQuantile(p), fixture.normalQuantile[i]!)
  );
});

Deno.test("studentCdf() equals mpmath to 1e-12 of its own size when freedom goes from 0.5 to a million", () => {
  fixture.freedoms.forEach((freedom, row) =>
    fixture.points.forEach((t, i) =>
      assertNear(studentCdf(t, freedom), fixture.studentCdf[row]![i]!)
    )
  );
});

Deno.test("studentQuantile() equals scipy to 1e-12 when chances go down to 1e-100", () => {
  fixture.freedoms.forEach((freedom, row) =>
    fixture.chances.forEach((p, i) => {
      const expected = fixture.studentQuantile[row]![i];
      if (expected == null) return;
      assertNear(studentQuantile(p, freedom), expected);
    })
  );
});

Deno.test("distributions are 0, 1 or infinite at their ends and not a number for one", () => {
  assertEquals([normalCdf(-Infinity), normalCdf(Infinity)], [0, 1]);
  assertEquals([normalQuantile(0), normalQuantile(1)], [-Infinity, Infinity]);
  assertEquals([studentCdf(-Infinity, 3), studentCdf(Infinity, 3)], [0, 1]);
  assertEquals([studentCdf(-1e200, 0.5) > 0, studentCdf(-1e200, 3)], [true, 0]);
  assertEquals([studentQuantile(0, 3), studentQuantile(1, 3)], [
    -Infinity,
    Infinity,
  ]);
  assertEquals(studentQuantile(1e-300, 0.5), -Infinity);
  assertEquals(studentQuantile(0.5, 7), 0);
  assertEquals([normalCdf(NaN), studentCdf(NaN, 3)], [NaN, NaN]);
});

Deno.test("quantile() equals numpy when shares run from 0 to 1", () => {
  quantiles(fixture.values, fixture.shares).forEach((value, i) =>
    assertNear(value, fixture.quantiles[i]!)
  );
  assertEquals(quantile([7], 0.3), 7);
  assertEquals(quantile([-Infinity, 1, Infinity], 0.25), -Infinity);
  assertEquals(quantile([1, NaN, 2], 0.5), NaN);
});

Deno.test("mean() and standardDeviation() equal numpy and keep digits when values are far from 0", () => {
  assertNear(mean(fixture.values), fixture.mean);
  assertNear(standardDeviation(fixture.values), fixture.deviation);
  assertEquals(mean([1e16, 1, 1, 1]), 2500000000000000.75);
  assertEquals(standardDeviation([1e9 + 1, 1e9 + 2, 1e9 + 3]), 1);
  assertEquals(standardDeviation(new Array(10).fill(0.1)), 0);
  assertEquals(mean([1, NaN]), NaN);
  assertEquals(standardDeviation([1, NaN]), NaN);
});

Deno.test("pairedT() equals scipy when pairs are 2 to 400", () => {
  for (const pair of fixture.paired) {
    const found = pairedT(pair.first, pair.second);
    assertNear(found.difference, pair.difference, 1e-11);
    assertNear(found.t, pair.t, 1e-11);
    assertNear(found.p, pair.p, 1e-11);
    assertNear(found.interval.low, pair.low, 1e-11);
    assertNear(found.interval.high, pair.high, 1e-11);
    assertEquals(found.count, pair.first.length);
  }
});

Deno.test("pairedT() changes sign and nothing else when the two change places", () => {
  const { first, second } = fixture.paired[3]!;
  const [one, other] = [pairedT(first, second), pairedT(second, first)];
  assertEquals([other.t, other.p], [-one.t, one.p]);
  assertAlmostEquals(other.interval.low, -one.interval.high, 1e-15);
});

Deno.test("pairedT() has p 1 for no difference at all and p 0 for one that never varies", () => {
  const same = pairedT([1, 2, 3], [1, 2, 3]);
  assertEquals([same.t, same.p, same.interval], [0, 1, { low: 0, high: 0 }]);
  const shifted = pairedT([2, 3, 4], [1, 2, 3]);
  assertEquals([shifted.t, shifted.p], [Infinity, 0]);
  assertEquals(pairedT([1, NaN], [0, 0]).p, NaN);
});

Deno.test("randomisation() equals scipy's full permutation when pairs are few", () => {
  for (const { first, second, randomisation: expected } of fixture.paired) {
    if (expected === undefined) continue;
    const found = randomisation(first, second);
    assertEquals(found.exact, true);
    assertNear(found.p, expected);
  }
});

Deno.test("equivalence() equals scipy's two one-sided tests when margins vary", () => {
  for (const { first, second, margin, equivalence: p } of fixture.paired) {
    const found = equivalence(first, second, { margin });
    assertNear(found.p, p, 1e-11);
    const { low, high } = found.interval;
    assertEquals(found.equivalent, low > -margin && high < margin);
  }
});

Deno.test("equivalence() is certain when nothing varies, and never when the margin is met exactly", () => {
  const [first, shifted] = [[1, 2, 3], [2, 3, 4]];
  assertEquals(equivalence(first, first, { margin: 0.1 }).p, 0);
  assertEquals(equivalence(shifted, first, { margin: 1 }).p, 0.5);
  assertEquals(equivalence(shifted, first, { margin: 0.5 }).p, 1);
});

Deno.test("holm() equals its definition and never lowers or reorders when p values vary", () => {
  holm(fixture.uncorrected).forEach((p, i) => assertNear(p, fixture.holm[i]!));
  assertEquals(holm([]), []);
  assertEquals(holm([0.03]), [0.03]);
  assertEquals(holm([0.9, 0.8]), [1, 1]);
  assertEquals(holm([0.01, 0.01]), [0.02, 0.02]);
});

Deno.test("power() equals scipy's noncentral t when pairs are 2 to 6980", () => {
  for (const { effect, count, alpha, power: expected } of fixture.power) {
    const found = power(effect * 0.3, { count, deviation: 0.3, alpha });
    assertAlmostEquals(found, expected, 1e-9);
    assertAlmostEquals(
      power(-effect, { count, deviation: 1, alpha }),
      expected,
      1e-9,
    );
  }
});

Deno.test("smallestEffect() shrinks with the root of the pairs when these are many", () => {
  const effect = (count: number) => smallestEffect({ count, deviation: 1 });
  assertAlmostEquals(effect(40000) / effect(10000), 0.5, 1e-4);
  // normal approximation: (1.96 + 0.8416) / sqrt(n)
  assertAlmostEquals(effect(10000), 2.8016 / 100, 1e-5);
  assertAlmostEquals(
    power(effect(5), { count: 5, deviation: 1 }),
    0.8,
    1e-9,
  );
});

Deno.test("meanInterval() widens when its level rises", () => {
  const values = fixture.values;
  const narrow = meanInterval(values, { level: 0.5 });
  const wide = meanInterval(values, { level: 0.99 });
  assert(wide.low < narrow.low && narrow.high < wide.high);
});

Deno.test("statistics refuse what they cannot work with, by class and text", () => {
  assertThrows(() => mean([]), RangeError, "Cannot take a mean");
  assertThrows(() => standardDeviation([1]), RangeError, "at least two");
  assertThrows(() => quantile([], 0.5), RangeError, "got none");
  assertThrows(() => quantile([1], 50), RangeError, "from 0 to 1, got 50");
  assertThrows(() => normalQuantile(NaN), RangeError, "got NaN");
  assertThrows(() => studentCdf(1, 0), RangeError, "above 0, got 0");
  assertThrows(() => studentQuantile(0.5, NaN), RangeError, "got NaN");
  assertThrows(() => pairedT([1, 2], [1]), ShapeError, "got 2 and 1");
  assertThrows(() => pairedT([1], [1]), RangeError, "at least two");
  assertThrows(
    () => meanInterval([1, 2], { level: 95 }),
    RangeError,
    "got 95",
  );
  assertThrows(
    () => equivalence([1, 2], [1, 2], { margin: 0 }),
    RangeError,
    "expected a margin above 0, got 0",
  );
  assertThrows(
    () => equivalence([1, 2], [1, 2], { margin: 1, alpha: 0.5 }),
    RangeError,
    "between 0 and 1, got 1",
  );
  assertThrows(() => holm([0.1, NaN]), RangeError, "p value 1");
  assertThrows(
    () => power(1, { count: 1, deviation: 1 }),
    RangeError,
    "at least two pairs, got 1",
  );
  assertThrows(
    () => power(1, { count: 5, deviation: 0 }),
    RangeError,
    "deviation above 0",
  );
  assertThrows(
    () => smallestEffect({ count: 5, deviation: 1, chance: 0.01 }),
    RangeError,
    "between alpha (0.05) and 1",
  );
});
