import { logSoftmax } from "#lib/engine/ops/log_softmax.ts";
import { tensorOf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { assertLikeTorch, numbersOf } from "./oracle.ts";

Deno.test("logSoftmax() is the logarithm of the shares of exponentials", async () => {
  await useEngine("reference");
  const y = numbersOf(logSoftmax(tensorOf([0, Math.log(3)], [1, 2])));
  assertAlmostEquals(y[0]!, Math.log(1 / 4), 1e-12);
  assertAlmostEquals(y[1]!, Math.log(3 / 4), 1e-12);
});

Deno.test("logSoftmax() has torch's values and gradients", () =>
  assertLikeTorch("log softmax", ({ x }) => logSoftmax(x!)));

Deno.test("logSoftmax() leaves an entry of minus infinity out of the sum", async () => {
  await useEngine("reference");
  assertEquals(numbersOf(logSoftmax(tensorOf([-Infinity, 7], [1, 2]))), [
    -Infinity,
    0,
  ]);
});
