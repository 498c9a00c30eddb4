import { assertEquals, assertThrows } from "@std/assert";
import { ShapeError } from "#lib/num/shape_error.ts";
import { maxSimOf } from "#lib/score/max_sim_of.ts";

Deno.test("maxSimOf() adds each query token's best similarity and says whose it is", () => {
  const workings = maxSimOf([[1, 0], [0, 1]], [[0.5, 0.25], [0.75, 0]]);
  assertEquals(workings, {
    score: 1,
    matches: [
      { documentToken: 1, similarity: 0.75 },
      { documentToken: 0, similarity: 0.25 },
    ],
    similarities: [[0.5, 0.75], [0.25, 0]],
  });
});

Deno.test("maxSimOf() never lets a dropped token win over a negative match", () => {
  const documentKeep = [true, false];
  const { score } = maxSimOf([[1, 0]], [[-1, 0], [0, 1]], { documentKeep });
  assertEquals(score, -1);
});

Deno.test("maxSimOf() gives a tie to the first document token", () => {
  const { matches } = maxSimOf([[1]], [[2], [2]]);
  assertEquals(matches[0]!.documentToken, 0);
});

Deno.test("maxSimOf() never falls when a document token is added", () => {
  const query = [[1, 0], [0.6, 0.8]];
  const { score } = maxSimOf(query, [[0, 1]]);
  assertEquals(maxSimOf(query, [[0, 1], [-1, 0]]).score >= score, true);
});

Deno.test("maxSimOf() keeps NaN visible before and after other tokens", () => {
  assertEquals(maxSimOf([[1]], [[NaN], [1]]).score, NaN);
  assertEquals(maxSimOf([[1]], [[1], [NaN], [2]]).score, NaN);
});

Deno.test("maxSimOf() scores minus infinity as it is", () => {
  const { score, matches } = maxSimOf([[1]], [[-Infinity]]);
  assertEquals([score, matches[0]!.documentToken], [-Infinity, 0]);
});

Deno.test("maxSimOf() refuses rows of other lengths, and nothing to score", () => {
  assertThrows(
    () => maxSimOf([[1, 0]], [[1, 0, 0]]),
    ShapeError,
    "Cannot score a document: expected dim 2, got dim 3",
  );
  assertThrows(() => maxSimOf([], [[1]]), RangeError, "query token, got none");
  assertThrows(
    () => maxSimOf([[1]], []),
    RangeError,
    "document token, got none",
  );
  assertThrows(
    () => maxSimOf([[1]], [[1]], { documentKeep: [false] }),
    RangeError,
    "expected at least one counting document token, got none",
  );
  assertThrows(
    () => maxSimOf([[1]], [[1]], { documentKeep: [] }),
    ShapeError,
    "expected 1 entries of documentKeep, got 0",
  );
});
