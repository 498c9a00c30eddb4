import { layerNorm } from "#lib/engine/ops/layer_norm.ts";
import { tensorOf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { ShapeError } from "#lib/num/shape_error.ts";
import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { assertLikeTorch, numbersOf } from "./oracle.ts";

Deno.test("layerNorm() divides by the deviation of n, not of n - 1", async () => {
  await useEngine("reference");
  const y = layerNorm(
    tensorOf([1, 2, 3], [1, 3]),
    tensorOf([1, 1, 2], [3]),
    tensorOf([0, 5, 0], [3]),
    { epsilon: 1e-300 },
  );
  const deviation = Math.sqrt(2 / 3);
  assertAlmostEquals(numbersOf(y)[0]!, -1 / deviation, 1e-12);
  assertAlmostEquals(numbersOf(y)[1]!, 5, 1e-12);
  assertAlmostEquals(numbersOf(y)[2]!, 2 / deviation, 1e-12);
});

Deno.test("layerNorm() has torch's values and gradients with a residual", () =>
  assertLikeTorch(
    "layer norm",
    ({ x, gain, bias, residual }) =>
      layerNorm(x!, gain!, bias!, { residual, epsilon: 1e-6 }),
  ));

Deno.test("layerNorm() of a constant row is the bias", async () => {
  await useEngine("reference");
  const y = layerNorm(
    tensorOf([4, 4], [1, 2]),
    tensorOf([1, 1], [2]),
    tensorOf([7, 8], [2]),
    { epsilon: 1e-12 },
  );
  assertEquals(numbersOf(y), [7, 8]);
});

Deno.test("layerNorm() refuses a residual of another shape", async () => {
  await useEngine("reference");
  const [x, ones] = [tensorOf([1, 2], [1, 2]), tensorOf([1, 1], [2])];
  assertThrows(
    () => layerNorm(x, ones, ones, { residual: ones, epsilon: 1e-12 }),
    ShapeError,
    "Cannot normalise rows: expected x [rows, n], gain [n], bias [n], residual [rows, n], got x [1,2], gain [2], bias [2], residual [2]",
  );
});
