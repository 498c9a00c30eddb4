import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { fuse, type FuseOptions } from "#lib/score/fuse.ts";
import fixture from "../fixtures/score/fuse.json" with { type: "json" };

const sparse = new Map([["a", 10], ["b", 4], ["z", 6]]);
const dense = new Map([["b", 2], ["c", 1]]);

Deno.test("fuse() gives a missing score the weighted lowest of its list", () => {
  assertEquals(fuse(sparse, dense, { alpha: 0.5 }), [
    ["a", 0.5 * 10 + 1],
    ["z", 0.5 * 6 + 1],
    ["b", 0.5 * 4 + 2],
    ["c", 0.5 * 4 + 1],
  ]);
});

Deno.test("fuse() weighs the dense side when told so", () => {
  const fused = new Map(fuse(sparse, dense, { alpha: 0.5, weightOn: "dense" }));
  assertEquals(fused.get("a"), 10 + 0.5);
  assertEquals(fused.get("c"), 4 + 0.5);
});

Deno.test("fuse() moves lists to a half either side of 0 when normalised", () => {
  const fused = new Map(fuse(sparse, dense, { alpha: 1, isNormalised: true }));
  assertAlmostEquals(fused.get("a")!, 0.5 - 0.5, 1e-15);
  assertAlmostEquals(fused.get("b")!, -0.5 + 0.5, 1e-15);
  assertAlmostEquals(fused.get("z")!, (6 - 7) / 6 - 0.5, 1e-15);
});

Deno.test("fuse() makes a list of equal scores 0 when normalised", () => {
  const fused = fuse(new Map([["a", 3]]), new Map([["a", 5]]), {
    isNormalised: true,
  });
  assertEquals(fused, [["a", 0]]);
});

Deno.test("fuse() takes a true 0 for a score", () => {
  const fused = new Map(
    fuse(new Map([["a", 0], ["b", -5]]), new Map(), { alpha: 1 }),
  );
  assertEquals([fused.get("a"), fused.get("b")], [0, -5]);
});

Deno.test("fuse() orders equal scores by id, descending", () => {
  const fused = fuse(new Map(), new Map([["a", 1], ["c", 1], ["b", 1]]));
  assertEquals(fused.map(([id]) => id), ["c", "b", "a"]);
});

Deno.test("fuse() refuses a negative alpha", () => {
  assertThrows(
    () => fuse(sparse, dense, { alpha: -1 }),
    RangeError,
    "Cannot fuse rankings: expected alpha of at least 0, got -1",
  );
});

for (const { name, pyserini, ...lists } of fixture.cases) {
  const [sparseList, denseList] = [lists.sparse, lists.dense].map((list) =>
    new Map(Object.entries(list))
  ) as [Map<string, number>, Map<string, number>];

  for (const { options, scores } of pyserini) {
    Deno.test(`fuse() equals Pyserini's with ${JSON.stringify(options)} when ${name}`, () => {
      const fused = fuse(sparseList, denseList, options as FuseOptions);
      assertEquals(
        new Set(fused.map(([id]) => id)),
        new Set(Object.keys(scores)),
      );
      const expected: Record<string, number> = scores;
      for (const [id, score] of fused) {
        assertAlmostEquals(score, expected[id]!, 1e-14);
      }
    });
  }

  Deno.test(`fuse() equals the authors' script, but where it takes a true 0 for missing, when ${name}`, () => {
    const theirs: Record<string, number> = lists["fuse.py"];
    for (const [id, score] of fuse(sparseList, denseList, { alpha: 0.24 })) {
      // "b" has a sparse score of 0: the script adds the lowest one, -1, on top.
      const added = name === "a true 0" && id === "b" ? 0.24 * -1 : 0;
      assertAlmostEquals(theirs[id]!, score + added, 1e-14);
    }
  });
}
