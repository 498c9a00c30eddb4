import { assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import {
  compareScores,
  maxSimContest,
  randomSides,
} from "#lib/cli/bench/max_sim.ts";
import { benchSettings } from "#lib/cli/bench/settings.ts";
import { tf } from "#lib/engine/tensor.ts";

const SMALL = { queries: 2, "query-length": 3, documents: 40, dim: 8 };

Deno.test("randomSides() draws unit vectors, documents from a quarter of the longest to all of it", () => {
  const settings = benchSettings("max-sim", { ...SMALL, "document-length": 8 });
  const [queries, documents] = randomSides(settings);
  assertEquals(queries.lengths, [3, 3]);
  assertEquals(documents.lengths.length, 40);
  assertEquals(new Set(documents.lengths), new Set([2, 3, 4, 5, 6, 7, 8]));
  const first = documents.values.subarray(0, 8);
  const square = first.reduce((sum, value) => sum + value ** 2, 0);
  assertAlmostEquals(square, 1, 1e-6); // 8 roundings to 24 bits
});

Deno.test("randomSides() makes all documents equal when asked, and others for another seed", () => {
  const given = { ...SMALL, "document-length": 8, equal: true };
  const sides = (seed: number) =>
    randomSides(benchSettings("max-sim", { ...given, seed }));
  const [, documents] = sides(1);
  assertEquals(new Set(documents.lengths), new Set([8]));
  assertEquals(sides(1), sides(1));
  assertNotEquals(sides(2), sides(1));
});

Deno.test("maxSimContest() takes turns with and without gradients and leaves no tensor behind", async () => {
  for (const gradient of [false, true]) {
    const given = { ...SMALL, engine: "reference", gradient };
    const contest = await maxSimContest(benchSettings("max-sim", given));
    const before = tf.memory().numTensors;
    await contest.take();
    assertEquals(tf.memory().numTensors, before);
  }
});

Deno.test("compareScores() takes the largest difference, for each query token", () => {
  const own = new Float32Array([1, 2, 3]);
  const theirs = new Float32Array([1, 2.5, 2]);
  const settings = benchSettings("max-sim", { "query-length": 4 });
  assertEquals(compareScores(own, theirs, { ...settings, peer: "torch" }), {
    of: "scores a query token",
    difference: 0.25,
    allowed: 2e-6,
  });
});

Deno.test("compareScores() allows more to whoever rounds to 16 bits", () => {
  const same = new Float32Array(1);
  const settings = benchSettings("max-sim", {});
  const allowed = (changes: Readonly<Record<string, string>>) =>
    compareScores(same, same, { ...settings, peer: "torch", ...changes })
      .allowed;
  assertEquals(allowed({}), 2e-6);
  for (
    const changes of [
      { peer: "flash-maxsim" },
      { precision: "bf16" },
      { peerPrecision: "bf16" },
    ]
  ) assertEquals(allowed(changes), 1e-2);
});

Deno.test("compareScores() lets a wrong number of scores, and what is no number, be seen", () => {
  const settings = { ...benchSettings("max-sim", {}), peer: "torch" };
  const compare = (own: readonly number[], theirs: readonly number[]) =>
    compareScores(Float32Array.from(own), Float32Array.from(theirs), settings)
      .difference;
  assertEquals(compare([1], [1, 2]), Infinity);
  assertEquals(compare([1, 2], [NaN, 2]), NaN);
});
