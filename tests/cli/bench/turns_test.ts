import { assertEquals, assertRejects } from "@std/assert";
import { systemResult, takeTurns } from "#lib/cli/bench/turns.ts";

Deno.test("takeTurns() takes turns and stops between two", async () => {
  const order: string[] = [];
  const system = (name: string) => ({
    take: () => ({ seconds: 1, loss: order.push(name) }),
  });
  const taken = await takeTurns([system("a"), system("b")], {
    turns: 2,
    signal: undefined,
  });
  assertEquals(order, ["a", "b", "a", "b"]);
  assertEquals(taken.map((turns) => turns.map(({ loss }) => loss)), [
    [1, 3],
    [2, 4],
  ]);
  await assertRejects(
    () => takeTurns([system("c")], { turns: 1, signal: AbortSignal.abort() }),
    DOMException,
  );
  assertEquals(order.length, 4);
});

Deno.test("systemResult() leaves the first turn out of the median", () => {
  const turns = [9, 2, 4, 3].map((seconds) => ({ seconds }));
  const facts = { tokens: 12, peakMemoryBytes: 1, startSeconds: 10 };
  assertEquals(systemResult(turns, facts), {
    medianSeconds: 3,
    tokensPerSecond: 4,
    peakMemoryBytes: 1,
    startSeconds: 10,
    seconds: [9, 2, 4, 3],
  });
});

Deno.test("systemResult() counts the first turn when there is no other, and keeps losses", () => {
  const facts = { tokens: 12, peakMemoryBytes: 1, startSeconds: 10 };
  const { medianSeconds, losses } = systemResult(
    [{ seconds: 6, loss: 2 }],
    facts,
  );
  assertEquals([medianSeconds, losses], [6, [2]]);
});
