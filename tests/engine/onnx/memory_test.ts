import "#tests/support/permitted.ts";
import { addressOf } from "#lib/engine/foreign.ts";
import { createMemory, sizeClass } from "#lib/engine/onnx/memory.ts";
import {
  assert,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";

Deno.test("sizeClass() has four classes to a doubling", () => {
  assertEquals([1, 256, 257, 320, 321, 513, 1025].map(sizeClass), [
    256,
    256,
    320,
    320,
    384,
    640,
    1280,
  ]);
});

Deno.test("sizeClass() wastes a quarter at most and is its own class", () => {
  fc.assert(fc.property(fc.integer({ min: 257, max: 2 ** 33 }), (bytes) => {
    const size = sizeClass(bytes);
    assert(size >= bytes && size <= bytes * 1.25);
    assertEquals(sizeClass(size), size);
  }));
});

Deno.test("createMemory() gives aligned bytes whose address is where they are", () => {
  const block = createMemory().take(1000);
  assertEquals(block.address % 64n, 0n);
  assertEquals(
    block.address,
    addressOf(block.buffer) + BigInt(block.offset),
  );
  assert(block.offset + block.capacity <= block.buffer.byteLength);
});

Deno.test("createMemory() takes a block again that was given back", () => {
  const memory = createMemory();
  const block = memory.take(1000);
  memory.give(block);
  assertStrictEquals(memory.take(1020), block);
  assertEquals(memory.usage(), { taken: block.capacity, waiting: 0 });
});

Deno.test("createMemory() frees the class that was used longest ago before it grows much", () => {
  const memory = createMemory({ spare: 0 });
  const [old, fresh] = [memory.take(512), memory.take(640)];
  memory.give(old);
  memory.give(fresh);
  // The most in use was 1,152; a quarter more is 1,440.
  const other = memory.take(768);
  assertEquals(memory.usage(), { taken: 768, waiting: 640 });
  assert(old.buffer.detached);
  assertStrictEquals(memory.take(640), fresh);
  assert(!other.buffer.detached);
});

Deno.test("createMemory() stays bounded under ever new sizes", () => {
  const memory = createMemory({ spare: 0 });
  for (let size = 300; size < 300_000; size += 701) {
    const blocks = [memory.take(size), memory.take(2 * size)];
    blocks.forEach(memory.give);
    assertEquals(memory.usage().taken, 0);
    const most = sizeClass(size) + sizeClass(2 * size);
    assert(memory.usage().waiting <= 1.25 * most + 1);
  }
});

Deno.test("createMemory() says how much memory there was not", () => {
  assertThrows(
    () => createMemory().take(2 ** 52),
    RangeError,
    "Cannot make a tensor on engine onnx: expected 4503599627370560 bytes of memory",
  );
});

Deno.test("createMemory() lets go of what waits before it gives up, and counts what there was not as nothing", () => {
  const memory = createMemory();
  const [kept, waiting] = [memory.take(1000), memory.take(2000)];
  memory.give(waiting);
  assertThrows(() => memory.take(2 ** 52), RangeError);
  assertEquals(memory.usage(), { taken: kept.capacity, waiting: 0 });
  assert(waiting.buffer.detached && !kept.buffer.detached);
  // The pool does not take the giant for what is usual.
  const free = createMemory({ spare: 0 });
  assertThrows(() => free.take(2 ** 52), RangeError);
  free.give(free.take(512));
  free.give(free.take(768));
  assertEquals(free.usage(), { taken: 0, waiting: 768 });
});
