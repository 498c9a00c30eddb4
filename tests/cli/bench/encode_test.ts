import { assertEquals } from "@std/assert";
import { compareVectors } from "#lib/cli/bench/encode.ts";

/** Two texts, of two vectors and one, of two numbers. */
const OWN = [new Float32Array([1, 0, 0, 1]), new Float32Array([0, -1])];
const EXACT = { precision: "fp32", peerPrecision: "fp32" } as const;
const theirs = (values: readonly number[], lengths = [2, 1]) => ({
  values: new Float32Array(values),
  lengths,
  dim: 2,
});

Deno.test("compareVectors() finds the largest distance between vectors of a token", () => {
  const { difference } = compareVectors(
    OWN,
    theirs([1, 0, 3, 5, 0, -1]), // the second token is [3, 4] away
    EXACT,
  );
  assertEquals(difference, 5);
});

Deno.test("compareVectors() allows more where a side rounds to 16 bits", () => {
  const same = theirs([1, 0, 0, 1, 0, -1]);
  const allowed = (["fp32", "bf16"] as const).map((peerPrecision) =>
    compareVectors(OWN, same, { ...EXACT, peerPrecision }).allowed
  );
  assertEquals(allowed, [1e-4, 0.1]);
  const ours = compareVectors(OWN, same, { ...EXACT, precision: "bf16" });
  assertEquals(ours, {
    of: "every token's vector",
    difference: 0,
    allowed: 0.1,
  });
});

Deno.test("compareVectors() names the first text with another number of vectors", () => {
  assertEquals(compareVectors(OWN, theirs([1, 0, 0, 1], [2, 0]), EXACT), {
    of: "how many vectors text 1 has",
    difference: 1,
    allowed: 0,
  });
  const absent = compareVectors(OWN, theirs([], []), EXACT);
  assertEquals([absent.difference, absent.allowed], [2, 0]);
});

Deno.test("compareVectors() lets what is not a number be seen", () => {
  const { difference } = compareVectors(
    OWN,
    theirs([NaN, 0, 0, 1, 0, -1]),
    EXACT,
  );
  assertEquals(difference, NaN);
});
