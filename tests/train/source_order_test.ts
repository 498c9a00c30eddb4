import { assertEquals } from "@std/assert";
import { batchesOf, sourceOrder } from "#lib/train/source_order.ts";

const BATCHES = [5, 2, 1];
const EPOCH = 8;
const at = sourceOrder(BATCHES, 3);
const epoch = (number: number) =>
  Array.from({ length: EPOCH }, (_, i) => at(number * EPOCH + i));

Deno.test("sourceOrder() takes every batch of every source once an epoch, each source's in order", () => {
  for (const number of [0, 1, 7]) {
    BATCHES.forEach((count, source) =>
      assertEquals(
        epoch(number).filter((turn) => turn.source === source)
          .map(({ step }) => step),
        Array.from({ length: count }, (_, i) => number * count + i),
      )
    );
  }
});

Deno.test("sourceOrder() mixes the sources anew in every epoch", () => {
  const orders = [0, 1, 2, 3].map((number) =>
    epoch(number).map(({ source }) => source).join("")
  );
  assertEquals(new Set(orders).size > 1, true);
  assertEquals(orders.every((order) => order !== "00000112"), true);
});

Deno.test("sourceOrder() is a pure function of seed and step", () => {
  const again = sourceOrder(BATCHES, 3);
  const steps = Array.from({ length: 3 * EPOCH }, (_, step) => step);
  const expected = steps.map(at);
  assertEquals(steps.toReversed().map(again).reverse(), expected);
  assertEquals(sourceOrder(BATCHES, 3)(17), expected[17]);
  const other = steps.map(sourceOrder(BATCHES, 4));
  assertEquals(JSON.stringify(other) === JSON.stringify(expected), false);
});

Deno.test("sourceOrder() of one source is its own steps", () => {
  assertEquals(sourceOrder([4], 1)(9), { source: 0, step: 9 });
});

Deno.test("batchesOf() counts whole batches, and at least one", () => {
  assertEquals(batchesOf([10, 9, 2], 5), [2, 1, 1]);
});
