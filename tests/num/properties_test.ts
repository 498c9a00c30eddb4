import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { holm } from "#lib/num/holm.ts";
import { mean } from "#lib/num/mean.ts";
import { normalCdf, normalQuantile } from "#lib/num/normal_distribution.ts";
import { pairedT } from "#lib/num/paired_t.ts";
import { quantiles } from "#lib/num/quantile.ts";
import { randomisation } from "#lib/num/randomisation.ts";
import { standardDeviation } from "#lib/num/standard_deviation.ts";
import { stream, streamFrom } from "#lib/num/stream.ts";
import { studentCdf, studentQuantile } from "#lib/num/student_distribution.ts";

const settings = { seed: 20261121, numRuns: 200 };
const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const numbers = (minLength: number) =>
  fc.array(number, { minLength, maxLength: 30 });
const chance = fc.double({ min: 1e-12, max: 1 - 1e-12, noNaN: true });
const freedom = fc.double({ min: 0.2, max: 1e7, noNaN: true });

Deno.test("quantiles() rise with their shares and stay between the ends for any numbers", () => {
  fc.assert(
    fc.property(numbers(1), (values) => {
      const found = quantiles(values, [0, 0.1, 0.3, 0.5, 0.9, 1]);
      assertEquals(found[0]! + 0, Math.min(...values) + 0);
      assertEquals(found.at(-1)! + 0, Math.max(...values) + 0);
      found.forEach((value, i) => assert(i === 0 || value >= found[i - 1]!));
    }),
    settings,
  );
});

Deno.test("mean() and standardDeviation() follow shift and scale for any numbers", () => {
  fc.assert(
    fc.property(numbers(2), number, (values, shift) => {
      const moved = values.map((value) => 2 * value + shift);
      const size = Math.max(1, ...moved.map(Math.abs));
      assertAlmostEquals(mean(moved), 2 * mean(values) + shift, 1e-12 * size);
      assertAlmostEquals(
        standardDeviation(moved),
        2 * standardDeviation(values),
        1e-9 * size,
      );
    }),
    settings,
  );
});

Deno.test("studentCdf() undoes studentQuantile() for any chance and freedom", () => {
  fc.assert(
    fc.property(chance, freedom, (p, v) => {
      assertAlmostEquals(studentCdf(studentQuantile(p, v), v), p, 1e-12);
      assertAlmostEquals(normalCdf(normalQuantile(p)), p, 1e-14);
    }),
    settings,
  );
});

Deno.test("studentCdf() rises, is symmetric, and has heavier tails with less freedom", () => {
  const point = fc.double({ min: 0.001, max: 30, noNaN: true });
  fc.assert(
    fc.property(point, freedom, (t, v) => {
      assertAlmostEquals(studentCdf(t, v) + studentCdf(-t, v), 1, 1e-15);
      assert(studentCdf(-t, v) <= studentCdf(-t * 0.999, v));
      assert(studentCdf(-t, v) >= normalCdf(-t) * (1 - 1e-12));
    }),
    settings,
  );
});

Deno.test("holm() keeps order, never lowers, and is at most Bonferroni for any p values", () => {
  const list = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
    maxLength: 12,
  });
  fc.assert(
    fc.property(list, (given) => {
      const adjusted = holm(given);
      given.forEach((p, i) => {
        assert(adjusted[i]! >= p && adjusted[i]! <= 1);
        assert(adjusted[i]! <= Math.max(p, p * given.length));
        given.forEach((q, j) => assert(p > q || adjusted[i]! <= adjusted[j]!));
      });
    }),
    settings,
  );
});

Deno.test("pairedT() and randomisation() do not care for the order of pairs", () => {
  const pair = fc.tuple(fc.integer({ max: 99 }), fc.integer({ max: 99 }));
  const list = fc.array(pair, { minLength: 2, maxLength: 9 });
  fc.assert(
    fc.property(list, fc.integer(), (given, seed) => {
      const mixed = stream(seed, "order").shuffle(given);
      const split = (of: readonly [number, number][]) =>
        [of.map(([a]) => a), of.map(([, b]) => b)] as const;
      const [one, other] = [pairedT(...split(given)), pairedT(...split(mixed))];
      assertAlmostEquals(other.p, one.p, 1e-9);
      assertEquals(
        randomisation(...split(mixed)).p,
        randomisation(...split(given)).p,
      );
    }),
    settings,
  );
});

Deno.test("streamFrom() goes on identically from any moment of any stream", () => {
  fc.assert(
    fc.property(
      fc.maxSafeInteger(),
      fc.string(),
      fc.nat(50),
      (seed, name, skip) => {
        const made = stream(seed, name);
        for (let draw = 0; draw < skip; draw++) made.next();
        const resumed = streamFrom(JSON.parse(JSON.stringify(made.state())));
        assertEquals(resumed.integer(1e9), made.integer(1e9));
        assertEquals(resumed.normal(), made.normal());
      },
    ),
    settings,
  );
});
