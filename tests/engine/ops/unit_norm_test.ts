import { unitNorm } from "#lib/engine/ops/unit_norm.ts";
import { tensorOf, tf, valueAndGradients } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { ShapeError } from "#lib/num/shape_error.ts";
import { assertEquals, assertThrows } from "@std/assert";
import { assertLikeTorch, numbersOf } from "./oracle.ts";

Deno.test("unitNorm() divides a row by its length", async () => {
  await useEngine("reference");
  assertEquals(numbersOf(unitNorm(tensorOf([3, 4], [1, 2]))), [3 / 5, 4 / 5]);
});

Deno.test("unitNorm() has torch's values and gradients", () =>
  assertLikeTorch("unit norm", ({ x }) => unitNorm(x!)));

Deno.test("unitNorm() divides by epsilon where a row is shorter", async () => {
  await useEngine("reference");
  const y = unitNorm(tensorOf([0.25, 0], [1, 2]), { epsilon: 0.5 });
  assertEquals(numbersOf(y), [0.5, 0]);
});

Deno.test("unitNorm() of zeros is zeros with a finite gradient", async () => {
  await useEngine("reference");
  const { gradients } = valueAndGradients(
    ({ x }) => tf.sum(unitNorm(x!, { epsilon: 0.5 })),
    { x: tensorOf([0, 0], [1, 2]) },
  );
  assertEquals(numbersOf(gradients["x"]!), [2, 2]);
});

Deno.test("unitNorm() refuses what is no matrix", async () => {
  await useEngine("reference");
  assertThrows(
    () => unitNorm(tensorOf([1, 2], [2])),
    ShapeError,
    "Cannot scale rows: expected x [rows, n], got x [2]",
  );
});
