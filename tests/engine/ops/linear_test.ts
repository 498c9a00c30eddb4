import { linear } from "#lib/engine/ops/linear.ts";
import { tensorOf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { ShapeError } from "#lib/num/shape_error.ts";
import { assertEquals, assertThrows } from "@std/assert";
import { assertLikeTorch, numbersOf } from "./oracle.ts";

Deno.test("linear() multiplies by the weight's rows and adds the bias", async () => {
  await useEngine("reference");
  const y = linear(tensorOf([1, 2], [1, 2]), tensorOf([3, 4, 5, 6], [2, 2]), {
    bias: tensorOf([10, 20], [2]),
  });
  assertEquals(numbersOf(y), [1 * 3 + 2 * 4 + 10, 1 * 5 + 2 * 6 + 20]);
});

for (const activation of ["none", "gelu", "relu"] as const) {
  const name = activation === "none"
    ? "linear"
    : `linear ${activation}` as const;
  Deno.test(`linear() has torch's values and gradients with activation ${activation}`, () =>
    assertLikeTorch(
      name,
      ({ x, weight, bias }) => linear(x!, weight!, { bias, activation }),
    ));
}

Deno.test("linear() refuses a weight of another width", async () => {
  await useEngine("reference");
  assertThrows(
    () => linear(tensorOf([1, 2], [1, 2]), tensorOf([1, 2, 3], [1, 3])),
    ShapeError,
    "Cannot apply a linear layer: expected x [rows, in], weight [out, in], bias [out], got x [1,2], weight [1,3]",
  );
});

Deno.test("linear() refuses a bias of another length", async () => {
  await useEngine("reference");
  assertThrows(
    () =>
      linear(tensorOf([1, 2], [1, 2]), tensorOf([1, 2], [1, 2]), {
        bias: tensorOf([1, 2], [2]),
      }),
    ShapeError,
    "bias [2]",
  );
});
