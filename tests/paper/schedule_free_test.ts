import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { useEngine } from "#lib/engine/use_engine.ts";
import { stream } from "#lib/num/stream.ts";
import { experimentNamed, EXPERIMENTS } from "#lib/paper/experiments.ts";
import { descendQuadratics, randomQuadratics } from "#lib/paper/quadratics.ts";
import {
  SCHEDULE_FREE_QUADRATICS,
  theoremOne,
} from "#lib/paper/schedule_free.ts";
import type { Measured } from "#lib/paper/experiment.ts";

await useEngine("reference");

/** The method in three plain sequences, one number at a time. */
function byHand(
  [eigenvalues, start]: readonly [readonly number[], readonly number[]],
  { beta, gamma, steps }: {
    readonly beta: number;
    readonly gamma: number;
    readonly steps: number;
  },
) {
  const loss = (x: readonly number[]) =>
    x.reduce((sum, v, i) => sum + eigenvalues[i]! * v * v / 2, 0);
  let [x, z, y] = [[...start], [...start], [...start]];
  let [least, regret, gradient] = [loss(start), 0, 0];
  for (let t = 1; t <= steps; t++) {
    const slope = y.map((v, i) => eigenvalues[i]! * v);
    z = z.map((v, i) => v - gamma * slope[i]!);
    x = x.map((v, i) => v + (z[i]! - v) / t);
    y = z.map((v, i) => (1 - beta) * v + beta * x[i]!);
    least = Math.min(least, loss(x));
    const next = y.map((v, i) => eigenvalues[i]! * v);
    regret += next.reduce((sum, v, i) => sum + v * z[i]!, 0);
    gradient = Math.max(gradient, Math.hypot(...next));
  }
  return {
    first: loss(start),
    least,
    last: loss(x),
    regret: regret / steps,
    gradient,
  };
}

Deno.test("descendQuadratics() is the three sequences, to rounding", () => {
  const drawn = randomQuadratics({ problems: 3, dimensions: 20, seed: 4 });
  for (const beta of [0, 0.5, 0.9, 1]) {
    for (const gamma of [0.1, 1.5]) {
      const found = descendQuadratics(drawn, { beta, gamma, steps: 50 });
      drawn.start.forEach((start, i) => {
        const expected = byHand([drawn.eigenvalues[i]!, start], {
          beta,
          gamma,
          steps: 50,
        });
        for (const [name, value] of Object.entries(expected)) {
          // 64-bit sums in another order: some hundred roundings.
          assertAlmostEquals(
            found[name as keyof typeof found][i]!,
            value,
            1e-10 * Math.max(1, value),
          );
        }
      });
    }
  }
});

Deno.test("descendQuadratics() takes a step size a problem", () => {
  const drawn = randomQuadratics({ problems: 2, dimensions: 5, seed: 1 });
  const both = descendQuadratics(drawn, {
    beta: 0.9,
    gamma: [0.1, 1],
    steps: 9,
  });
  [0.1, 1].forEach((gamma, i) => {
    const alone = descendQuadratics(drawn, { beta: 0.9, gamma, steps: 9 });
    assertAlmostEquals(both.last[i]!, alone.last[i]!, 1e-14);
  });
});

Deno.test("descendQuadratics() keeps the least loss of a descent that leaves the numbers", () => {
  const problem = { eigenvalues: [[1]], start: [[1]] };
  const { first, least, last, regret } = descendQuadratics(problem, {
    beta: 0,
    gamma: 100,
    steps: 1000,
  });
  assertEquals([first, least, last, regret], [[0.5], [0.5], [Infinity], [
    Infinity,
  ]]);
});

Deno.test("randomQuadratics() has the same problems for every seed, and other starts", () => {
  const [one, other] = [1, 2].map((seed) =>
    randomQuadratics({ problems: 4, dimensions: 20, seed })
  );
  assertEquals(one!.eigenvalues, other!.eigenvalues);
  assert(one!.start[0]![0] !== other!.start[0]![0]);
});

Deno.test("randomQuadratics() draws eigenvalues alike in every power of ten", () => {
  const { eigenvalues } = randomQuadratics({
    problems: 300,
    dimensions: 20,
    seed: 1,
  });
  const counts = [0, 0, 0, 0, 0, 0];
  for (const value of eigenvalues.flat()) {
    counts[Math.min(5, Math.floor(-Math.log10(value)))]!++;
  }
  // 6,000 draws into six tenths: 1,000 each with a deviation of 29.
  for (const count of counts) {
    assert(Math.abs(count - 1000) < 5 * 29, `${counts}`);
  }
});

Deno.test("theorem 1 holds of quadratics with other starts, and fails with a wrong sign", () => {
  const random = stream(9, "starts");
  for (let trial = 0; trial < 5; trial++) {
    const drawn = randomQuadratics({
      problems: 3,
      dimensions: 20,
      seed: random.integer(1000),
    });
    for (const beta of [0, 0.5, 1]) {
      const { gamma, bound, lipschitz } = theoremOne(drawn, 30);
      const { last, regret, gradient } = descendQuadratics(drawn, {
        beta,
        gamma,
        steps: 30,
      });
      last.forEach((loss, i) => {
        assert(loss <= regret[i]! * (1 + 1e-12));
        assert(regret[i]! <= bound[i]!);
        assert(gradient[i]! <= lipschitz[i]!);
      });
      // Uphill the bound cannot hold: what is tested can fail.
      const uphill = descendQuadratics(drawn, {
        beta,
        gamma: gamma.map((g) => -30 * g),
        steps: 30,
      });
      assert(uphill.last.some((loss, i) => loss > bound[i]!));
    }
  }
});

Deno.test("S-2 at smoke scale gives every arm every measure", async () => {
  const { arms, scales, run, claims } = SCHEDULE_FREE_QUADRATICS;
  const asked = {
    arms,
    seed: 1,
    settings: scales.smoke.settings,
    work: "",
    engine: "reference",
  } as const;
  const found: Measured[] = await Array.fromAsync(run(asked));
  assertEquals(found.map(({ arm }) => arm), arms.map(({ name }) => name));
  for (const { values } of found) {
    assertEquals(values.items.length, 2);
    for (const { measure } of claims) assert(values.values[measure], measure);
  }
});

Deno.test("experiments are data: claims name arms and measures that exist, ids are their own", () => {
  for (const { arms, claims, baseline } of EXPERIMENTS) {
    const names = arms.map(({ name }) => name);
    assertEquals(new Set(names).size, names.length);
    assertEquals(new Set(claims.map(({ id }) => id)).size, claims.length);
    for (const claim of claims) {
      const used = claim.kind === "always"
        ? claim.arms
        : [claim.arm, claim.than];
      assertEquals(used.filter((name) => !names.includes(name)), []);
    }
    assert(names.includes(baseline));
  }
  assertEquals(
    JSON.parse(JSON.stringify(EXPERIMENTS)).length,
    EXPERIMENTS.length,
  );
  assertThrows(
    () => experimentNamed("x"),
    RangeError,
    "expected one of J-Q1, S-2, got another",
  );
});
