import {
  assertAlmostEquals,
  assertEquals,
  assertNotEquals,
  assertThrows,
} from "@std/assert";
import { hash32 } from "#lib/num/hash.ts";
import { stream, streamFrom } from "#lib/num/stream.ts";

const draws = (count: number, draw: () => number) =>
  Array.from({ length: count }, draw);

Deno.test("hash32() flips half of the bits when one input bit flips", () => {
  let flipped = 0;
  for (let bit = 0; bit < 32; bit++) {
    for (let sample = 0; sample < 200; sample++) {
      const [a, b] = [hash32(sample, 1), hash32(sample, 2)];
      flipped += ones(hash32(a, b) ^ hash32(a ^ (1 << bit), b));
      flipped += ones(hash32(a, b) ^ hash32(a, b ^ (1 << bit)));
    }
  }
  assertAlmostEquals(flipped / (32 * 200 * 2 * 32), 0.5, 0.005);
});

Deno.test("hash32() is unsigned and does not collide more than chance when counters run", () => {
  const seen = new Set<number>();
  for (let key = 0; key < 100; key++) {
    for (let counter = 0; counter < 1000; counter++) {
      seen.add(hash32(key, counter));
    }
  }
  assertEquals([...seen].every((word) => word >= 0 && word < 2 ** 32), true);
  // 1e5 words of 2^32 collide 1.16 times on average
  assertEquals(seen.size > 99990, true);
});

Deno.test("stream() gives these very numbers when the seed is 7 and the name is batches", () => {
  const drawn = stream(7, "batches");
  assertEquals(draws(4, () => drawn.integer(1000)), [372, 659, 208, 363]);
});

Deno.test("stream() gives other numbers when seed, sign, high bits or name change", () => {
  const firsts = [
    stream(1, "a"),
    stream(2, "a"),
    stream(-1, "a"),
    stream(1 + 2 ** 32, "a"),
    stream(1, "b"),
    stream(1, ""),
    stream(1, "ab"),
  ].map((made) => made.next());
  assertEquals(new Set(firsts).size, firsts.length);
});

Deno.test("stream() is not shifted when another stream draws", () => {
  const [first, second] = [stream(1, "first"), stream(1, "second")];
  draws(10, () => second.next());
  assertEquals(first.next(), stream(1, "first").next());
});

Deno.test("next() has the uniform distribution's mean, variance and range when drawn often", () => {
  const made = stream(3, "uniform");
  const values = draws(200000, () => made.next());
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) /
    values.length;
  assertAlmostEquals(mean, 0.5, 5 * Math.sqrt(1 / 12 / values.length));
  assertAlmostEquals(variance, 1 / 12, 0.001);
  assertEquals(values.every((x) => x >= 0 && x < 1), true);
});

Deno.test("normal() has mean 0, variance 1 and kurtosis 3 when drawn often", () => {
  const made = stream(3, "normal");
  const values = draws(200000, () => made.normal());
  const moment = (power: number) =>
    values.reduce((sum, x) => sum + x ** power, 0) / values.length;
  assertAlmostEquals(moment(1), 0, 0.012);
  assertAlmostEquals(moment(2), 1, 0.017);
  assertAlmostEquals(moment(4), 3, 0.12);
});

Deno.test("integer() gives every number equally often when the bound is no power of two", () => {
  const made = stream(5, "dice");
  const counts = new Array<number>(6).fill(0);
  draws(60000, () => counts[made.integer(6)]!++);
  const chiSquare = counts.reduce(
    (sum, count) => sum + (count - 10000) ** 2 / 10000,
    0,
  );
  assertEquals(chiSquare < 20.5, true); // 0.999 quantile of chi-square with 5 degrees of freedom
});

Deno.test("integer() reaches both ends when the bound is 1 or 2^32", () => {
  assertEquals(stream(1, "x").integer(1), 0);
  const made = stream(1, "wide");
  const values = draws(1000, () => made.integer(2 ** 32));
  assertEquals(
    Math.max(...values) > 2 ** 31 && Math.max(...values) < 2 ** 32,
    true,
  );
});

Deno.test("shuffle() gives every order equally often when three items are shuffled", () => {
  const made = stream(11, "orders");
  const counts = new Map<string, number>();
  draws(12000, () => {
    const order = made.shuffle(["a", "b", "c"]).join("");
    counts.set(order, (counts.get(order) ?? 0) + 1);
    return 0;
  });
  assertEquals(counts.size, 6);
  for (const count of counts.values()) assertAlmostEquals(count, 2000, 220);
});

Deno.test("shuffle() leaves its argument alone when it shuffles", () => {
  const items = [1, 2, 3, 4, 5, 6, 7, 8];
  assertNotEquals(stream(1, "x").shuffle(items), items);
  assertEquals(items, [1, 2, 3, 4, 5, 6, 7, 8]);
  assertEquals(stream(1, "x").shuffle([]), []);
});

Deno.test("sample() takes different places when it takes some, all or none", () => {
  const items = Array.from({ length: 50 }, (_, place) => place);
  assertEquals(new Set(stream(1, "x").sample(items, 20)).size, 20);
  assertEquals(
    stream(1, "x").sample(items, 50).toSorted((a, b) => a - b),
    items,
  );
  assertEquals(stream(1, "x").sample(items, 0), []);
});

Deno.test("streamFrom() goes on with the same numbers when the state went through JSON", () => {
  const made = stream(9, "resume");
  draws(17, () => made.normal());
  const resumed = streamFrom(JSON.parse(JSON.stringify(made.state())));
  assertEquals(draws(20, () => resumed.next()), draws(20, () => made.next()));
  assertEquals(resumed.name, "resume");
});

Deno.test("stream() refuses a seed that is not a whole number", () => {
  for (const seed of [0.5, NaN, Infinity, 2 ** 53]) {
    assertThrows(
      () => stream(seed, "batches"),
      RangeError,
      'Cannot make random stream "batches"',
    );
  }
});

Deno.test("integer() and sample() refuse bounds they cannot meet", () => {
  const made = stream(1, "x");
  for (const below of [0, -1, 1.5, NaN, 2 ** 32 + 1]) {
    assertThrows(
      () => made.integer(below),
      RangeError,
      "expected a bound of 1 to 2^32",
    );
  }
  assertThrows(
    () => made.sample([1, 2], 3),
    RangeError,
    "expected a count of 0 to 2, got 3",
  );
});

Deno.test("streamFrom() refuses a state that no stream gave", () => {
  const bad: unknown[] = [null, {}, { name: "x", words: [1, 2, 3] }, {
    name: "x",
    words: [1, 2, 3, -1],
  }, { words: [1, 2, 3, 4] }];
  for (const state of bad) {
    assertThrows(
      () => streamFrom(state as never),
      SyntaxError,
      "Cannot go on with a random stream",
    );
  }
});

/** Bits set in a word. */
function ones(word: number): number {
  return (word >>> 0).toString(2).replaceAll("0", "").length;
}
