import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { crossedBootstrap } from "#lib/num/crossed_bootstrap.ts";
import { meanInterval } from "#lib/num/mean_interval.ts";
import { pairedT } from "#lib/num/paired_t.ts";
import { randomisation } from "#lib/num/randomisation.ts";
import { ShapeError } from "#lib/num/shape_error.ts";
import { stream } from "#lib/num/stream.ts";

/** Pairs of normal numbers with a true difference. */
function pairs(count: number, shift: number, seed: number) {
  const random = stream(seed, "pairs");
  const second = Array.from({ length: count }, () => random.normal());
  return { first: second.map((x) => x + shift + random.normal()), second };
}

Deno.test("randomisation() counts 2 of 16 patterns when all four differences point one way", () => {
  const found = randomisation([2, 4, 6, 5], [1, 2, 3, 3]);
  assertEquals(found, { difference: 2, p: 2 / 16, draws: 16, exact: true });
});

Deno.test("randomisation() counts patterns equal but for rounding as equal", () => {
  // 0.1 + 0.2 - 0.3 is not 0 in binary; all eight sums of +-1, +-2, +-3 tenths
  const found = randomisation([0.1, 0.2, 0.3], [0, 0, 0]);
  assertEquals(found.p, 2 / 8);
  const tied = randomisation([0.1, 0.2, -0.3, 0.6], [0, 0, 0, 0]);
  // |sum| >= 0.6: brute force in whole tenths
  let count = 0;
  for (let bits = 0; bits < 16; bits++) {
    const sum = [1, 2, 3, 6].reduce(
      (total, size, i) => total + (bits & (1 << i) ? size : -size),
      0,
    );
    if (Math.abs(sum) >= 6) count++;
  }
  assertEquals(tied.p, count / 16);
});

Deno.test("randomisation() gives the same p when pairs without a difference are added", () => {
  const one = randomisation([2, 4, 7], [1, 5, 3]);
  const more = randomisation([2, 4, 7, 9, 9], [1, 5, 3, 9, 9]);
  assertEquals(more.p, one.p);
  assertEquals(randomisation([5, 5], [5, 5]).p, 1);
});

Deno.test("randomisation() drawn at random agrees with the exact count within its error", () => {
  const { first, second } = pairs(14, 0.4, 3);
  const exact = randomisation(first, second, { draws: 2 ** 14 });
  assertEquals(exact.exact, true);
  const draws = 2 ** 14 - 1;
  const drawn = randomisation(first, second, { draws });
  assertEquals(drawn.exact, false);
  const error = Math.sqrt(exact.p * (1 - exact.p) / draws);
  assertAlmostEquals(drawn.p, exact.p, 4 * error);
});

Deno.test("randomisation() agrees with the t test when pairs are many and not a block of eight", () => {
  const { first, second } = pairs(1667, 0.04, 4);
  const { p } = randomisation(first, second, { draws: 20_000 });
  const t = pairedT(first, second).p;
  assert(t > 0.01 && t < 0.5);
  assertAlmostEquals(p, t, 4 * Math.sqrt(t * (1 - t) / 20_000));
});

Deno.test("randomisation() never says 0 when nothing drawn is as large", () => {
  const { first, second } = pairs(100, 5, 5);
  assertEquals(randomisation(first, second, { draws: 999 }).p, 1 / 1000);
});

Deno.test("randomisation() repeats itself for one stream and differs for another", () => {
  const { first, second } = pairs(60, 0.1, 6);
  const p = (seed: number) =>
    randomisation(first, second, { draws: 500, random: stream(seed, "r") }).p;
  assertEquals(p(1), p(1));
  assert(p(1) !== p(2) || p(2) !== p(3));
});

Deno.test("randomisation() keeps a value that is not a number visible", () => {
  assertEquals(randomisation([1, NaN], [0, 0]).p, NaN);
  assertEquals(
    randomisation([1e308, -1e308], [-1e308, 0]).difference,
    Infinity,
  );
});

Deno.test("crossedBootstrap() gives a point when the table never varies", () => {
  const found = crossedBootstrap([[2, 2], [2, 2], [2, 2]], { draws: 99 });
  assertEquals(found, {
    mean: 2,
    interval: { low: 2, high: 2 },
    standardError: 0,
    p: 2 / 100,
  });
});

Deno.test("crossedBootstrap() has the standard error of rows when only rows vary", () => {
  const rows = [1, 2, 3, 4, 5];
  const table = rows.map((value) => new Array<number>(40).fill(value));
  const { standardError } = crossedBootstrap(table, { draws: 20_000 });
  // bootstrap variance of a mean: sum of squares / n^2 = 10 / 25
  assertAlmostEquals(standardError, Math.sqrt(10) / 5, 0.02);
});

Deno.test("crossedBootstrap() adds the variances of rows and columns when both vary", () => {
  const random = stream(7, "table");
  const rows = Array.from({ length: 30 }, () => random.normal());
  const columns = Array.from({ length: 50 }, () => 2 * random.normal());
  const table = rows.map((row) => columns.map((column) => row + column));
  const variance = (values: number[]) => {
    const middle = values.reduce((a, b) => a + b) / values.length;
    return values.reduce((sum, x) => sum + (x - middle) ** 2, 0) /
      values.length ** 2;
  };
  const { standardError } = crossedBootstrap(table, { draws: 20_000 });
  const expected = Math.sqrt(variance(rows) + variance(columns));
  assertAlmostEquals(standardError, expected, 0.03 * expected);
});

Deno.test("crossedBootstrap() finds no effect of queries that only one lucky seed has", () => {
  const random = stream(8, "seeds");
  const table = [0.05, -0.04, 0.01, -0.03, 0.02].map((shift) =>
    Array.from({ length: 500 }, () => shift + 0.02 * random.normal())
  );
  assert(crossedBootstrap(table, { draws: 2000 }).p > 0.3);
  assert(pairedT(table[0]!, new Array(500).fill(0)).p < 1e-10);
});

Deno.test("crossedBootstrap() turns sign when rows and columns change sign, and repeats itself", () => {
  const table = [[0.1, 0.5, -0.2], [0.3, 0.4, 0.1]];
  const negative = table.map((row) => row.map((value) => -value));
  const one = crossedBootstrap(table, { draws: 500 });
  const other = crossedBootstrap(negative, { draws: 500 });
  assertEquals(crossedBootstrap(table, { draws: 500 }), one);
  assertAlmostEquals(other.interval.low, -one.interval.high, 1e-12);
  assertEquals(other.p, one.p);
});

Deno.test("crossedBootstrap() keeps a value that is not a number visible", () => {
  const found = crossedBootstrap([[1, NaN], [1, 2]], { draws: 200 });
  assertEquals([found.mean, found.p, found.interval.low], [NaN, NaN, NaN]);
});

Deno.test("meanInterval() covers the true mean in 95 of 100 samples when repeated", () => {
  const random = stream(9, "coverage");
  let covered = 0;
  for (let sample = 0; sample < 4000; sample++) {
    const values = Array.from({ length: 6 }, () => 10 + random.normal());
    const { low, high } = meanInterval(values);
    if (low <= 10 && 10 <= high) covered++;
  }
  assertAlmostEquals(covered / 4000, 0.95, 4 * Math.sqrt(0.95 * 0.05 / 4000));
});

Deno.test("resampling refuses what it cannot draw from, by class and text", () => {
  assertThrows(() => randomisation([1], [1, 2]), ShapeError, "1 and 2");
  assertThrows(() => randomisation([], []), RangeError, "Cannot take a mean");
  assertThrows(
    () => randomisation([1], [2], { draws: 0.5 }),
    RangeError,
    "at least 1, got 0.5",
  );
  assertThrows(() => crossedBootstrap([]), RangeError, "got 0 rows of 0");
  assertThrows(() => crossedBootstrap([[]]), RangeError, "got 1 rows of 0");
  assertThrows(
    () => crossedBootstrap([[1, 2], [1]]),
    ShapeError,
    "row 1 of 1",
  );
  assertThrows(
    () => crossedBootstrap([[1]], { draws: 1 }),
    RangeError,
    "at least 2 draws",
  );
  assertThrows(
    () => crossedBootstrap([[1]], { level: 1 }),
    RangeError,
    "between 0 and 1, got 1",
  );
});
