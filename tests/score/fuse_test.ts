import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { fuse } from "#lib/score/fuse.ts";

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
