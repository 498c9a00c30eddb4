import { embedding } from "#lib/engine/ops/embedding.ts";
import { tensorOf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { ShapeError } from "#lib/num/shape_error.ts";
import { assertEquals, assertThrows } from "@std/assert";
import { assertLikeTorch, ids, numbersOf } from "./oracle.ts";

Deno.test("embedding() takes rows by number, also twice", async () => {
  await useEngine("reference");
  const table = tensorOf([1, 2, 3, 4, 5, 6], [3, 2]);
  assertEquals(numbersOf(embedding(table, Int32Array.of(2, 0, 2))), [
    5,
    6,
    1,
    2,
    5,
    6,
  ]);
});

Deno.test("embedding() has torch's values and gradients, summed over rows taken twice", () =>
  assertLikeTorch(
    "embedding",
    ({ table }) => embedding(table!, Int32Array.from(ids)),
  ));

Deno.test("embedding() names an id outside the table", async () => {
  await useEngine("reference");
  assertThrows(
    () => embedding(tensorOf([1, 2], [2, 1]), Int32Array.of(0, 2)),
    RangeError,
    "Cannot look rows up: expected ids in [0, 2), got 2 at position 1 (is the tokenizer another model's?)",
  );
});

Deno.test("embedding() refuses a table that is no matrix", async () => {
  await useEngine("reference");
  assertThrows(
    () => embedding(tensorOf([1, 2], [2]), Int32Array.of(0)),
    ShapeError,
    "Cannot look rows up: expected table [vocabulary, n], got table [2]",
  );
});
