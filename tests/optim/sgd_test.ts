import { assertAlmostEquals, assertLess, assertThrows } from "@std/assert";
import { useEngine } from "#lib/engine/use_engine.ts";
import { read, tensorOf } from "#lib/engine/tensor.ts";
import { sgd } from "#lib/optim/sgd.ts";
import fixture from "../fixtures/optim/sgd.json" with { type: "json" };
import { distance, type Row, trajectory } from "./problem.ts";

Deno.test("sgd() takes the gradient times the learning rate off", async () => {
  await useEngine("reference");
  const optimizer = sgd({ learningRate: 0.5, weightDecay: 0.1 });
  const start = { w: tensorOf([2], [1]) };
  const gradients = { w: tensorOf([-3], [1]) };
  const state = optimizer.init(start);
  const { parameters } = optimizer.step(start, gradients, state);
  assertAlmostEquals(read(parameters["w"]!)[0]!, 2 - 0.5 * (-3 + 0.2), 1e-12);
});

for (const entry of fixture.cases) {
  Deno.test(`sgd() equals torch over 50 steps when ${entry.name}`, async () => {
    await useEngine("reference");
    const wanted = entry.rows.map(({ step }) => step);
    const rows = trajectory(sgd(entry.settings), wanted);
    entry.rows.forEach((row: Row, i) => {
      assertLess(distance(rows[i]!.parameters, row.parameters), 1e-12);
    });
  });
}

Deno.test("sgd() refuses a momentum of 1", () => {
  assertThrows(
    () => sgd({ momentum: 1 }),
    RangeError,
    "Cannot make sgd: expected momentum from 0 and below 1, got 1",
  );
});
