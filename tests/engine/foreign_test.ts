import "#tests/support/permitted.ts";
import { startThread, threadData } from "#lib/engine/foreign.ts";
import { assertEquals } from "@std/assert";

Deno.test("startThread() hands over values and shared arrays that stay shared", () => {
  const numbers = new Int32Array(new SharedArrayBuffer(16));
  const words = new BigUint64Array(new SharedArrayBuffer(1 << 24));
  words[words.length - 1] = 5n;
  const program = new URL("./adding_thread.ts", import.meta.url);
  startThread(program, { numbers, words, more: { by: 2 }, absent: null });
  Atomics.wait(numbers, 0, 0, 20_000);
  assertEquals([numbers[0], words[0]], [1, 7n]);
});

Deno.test("threadData() gives nothing where nothing was handed over", () => {
  assertEquals(threadData(), undefined);
});
