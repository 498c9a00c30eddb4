import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { read, tensorOf, tf, valueAndGradients } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { ShapeError } from "#lib/num/shape_error.ts";
import { dotScores } from "#lib/score/dot_scores.ts";
import { meanPool } from "#lib/score/mean_pool.ts";

const offsets = new Int32Array([0, 3, 4]);
const keep = new Uint8Array([1, 0, 1, 1]);

Deno.test("meanPool() takes the mean of the counting tokens only", async () => {
  await useEngine("reference");
  const values = tensorOf([1, 2, NaN, Infinity, 3, 6, 7, 8], [4, 2]);
  const pooled = meanPool({ values, offsets, keep });
  assertEquals([...read(pooled)], [2, 4, 7, 8]);
});

Deno.test("meanPool() spreads its gradient over the counting tokens", async () => {
  await useEngine("reference");
  const { gradients } = valueAndGradients(
    ({ values }) => tf.sum(meanPool({ values: values!, offsets, keep })),
    { values: tensorOf([1, 2, 3, 4], [4, 1]) },
  );
  assertEquals([...read(gradients["values"]!)], [0.5, 0, 0.5, 1]);
});

Deno.test("meanPool() names a text without counting tokens", async () => {
  await useEngine("reference");
  const values = tensorOf([1, 2, 3, 4], [4, 1]);
  assertThrows(
    () => meanPool({ values, offsets, keep: new Uint8Array([1, 1, 1, 0]) }),
    RangeError,
    "Cannot pool text 1: expected at least one counting token, got none",
  );
});

Deno.test("dotScores() multiplies every query by every document", async () => {
  await useEngine("reference");
  const queries = tensorOf([1, 2, 0, 1], [2, 2]);
  const scores = dotScores(queries, tensorOf([3, 4], [1, 2]));
  assertEquals([scores.shape, [...read(scores)]], [[2, 1], [11, 4]]);
  assertAlmostEquals(read(dotScores(queries, queries))[0]!, 5, 0);
});

Deno.test("dotScores() refuses vectors of other lengths", async () => {
  await useEngine("reference");
  assertThrows(
    () => dotScores(tensorOf([1, 2], [1, 2]), tensorOf([1], [1, 1])),
    ShapeError,
    "Cannot score documents: expected [queries, dim] and [documents, dim], got [1,2] and [1,1]",
  );
});
