import "#tests/support/permitted.ts";
import { addressOf } from "#lib/engine/foreign.ts";
import { type Block, createMemory } from "#lib/engine/memory.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";

/** Where a block lies. */
function placeOf({ address, capacity }: Block): [bigint, number] {
  return [address, capacity];
}

Deno.test("createMemory() gives aligned bytes whose address is where they are", () => {
  const memory = createMemory();
  for (const bytes of [0, 1, 1000]) {
    const block = memory.take(bytes);
    assertEquals(block.address % 64n, 0n);
    assertEquals(
      block.address,
      addressOf(block.buffer) + BigInt(block.offset),
    );
    assert(block.capacity >= bytes && block.capacity < bytes + 65);
    assert(block.offset + block.capacity <= block.buffer.byteLength);
  }
});

Deno.test("createMemory() takes the lowest bytes that have room, and joins what is free", () => {
  const memory = createMemory();
  const [a, b, c, d] = [640, 1280, 640, 64].map(memory.take) as [
    Block,
    Block,
    Block,
    Block,
  ];
  memory.give(b);
  // Room for 1,280 is where b was; two small ones fit there as well.
  const small = memory.take(600);
  assertEquals(placeOf(small), [b.address, 640]);
  memory.give(a);
  memory.give(small);
  // a and b side by side are 1,920.
  assertEquals(placeOf(memory.take(1920)), [a.address, 1920]);
  memory.give(c);
  assertEquals(memory.take(704).address, d.address + 64n);
  assertEquals(memory.take(640).address, c.address);
  assertEquals(memory.usage(), { taken: 1920 + 640 + 64 + 704, waiting: 0 });
});

Deno.test("createMemory() never gives bytes to two at a time, and has all of them again in the end", () => {
  const sizes = fc.array(fc.integer({ min: -20, max: 5000 }), {
    maxLength: 80,
  });
  fc.assert(fc.property(sizes, (steps) => {
    const memory = createMemory({ slab: 8192 });
    const live: Block[] = [];
    for (const step of steps) {
      // A negative number gives the block back that it points at.
      if (step < 0 && live.length > 0) {
        memory.give(live.splice(-step % live.length, 1)[0]!);
      } else live.push(memory.take(Math.max(step, 0)));
      const places = live.map(placeOf).sort(([a], [b]) => a < b ? -1 : 1);
      places.forEach(([start], i) => {
        const [before, size] = places[i - 1] ?? [0n, 0];
        assert(before + BigInt(size) <= start);
      });
      const taken = live.reduce((sum, { capacity }) => sum + capacity, 0);
      assertEquals(memory.usage().taken, taken);
    }
    live.forEach(memory.give);
    assertEquals(memory.usage().taken, 0);
    // One gap again: what waits can be had in one piece.
    if (new Set(live.map(({ buffer }) => buffer)).size === 1) {
      const { waiting } = memory.usage();
      assertEquals(memory.take(waiting).buffer, live[0]!.buffer);
    }
  }));
});

Deno.test("createMemory() counts what was taken, not what was asked of the system", () => {
  const memory = createMemory({ slab: 2 ** 20 });
  const block = memory.take(1024);
  assertEquals(block.buffer.byteLength, 2 ** 20 + 64);
  memory.give(block);
  assertEquals(memory.usage(), { taken: 0, waiting: 1024 });
});

Deno.test("createMemory() frees slabs of which nothing is taken before it grows much", () => {
  const memory = createMemory({ spare: 0, slab: 64 });
  const [old, held] = [memory.take(512), memory.take(640)];
  memory.give(old);
  // The most in use was 1,152; a quarter more is 1,440: 640 and 768 with 512 are more.
  const other = memory.take(768);
  assertEquals(memory.usage(), { taken: 640 + 768, waiting: 0 });
  assert(old.buffer.detached);
  assert(!held.buffer.detached && !other.buffer.detached);
});

Deno.test("createMemory() stays bounded under ever new sizes", () => {
  const memory = createMemory({ spare: 0, slab: 64 });
  for (let size = 300; size < 300_000; size += 701) {
    const blocks = [memory.take(size), memory.take(2 * size)];
    const { taken } = memory.usage();
    blocks.forEach(memory.give);
    assertEquals(memory.usage().taken, 0);
    // A block may lie in what was a larger one's, which then cannot be freed.
    assert(memory.usage().waiting <= 1.5 * taken);
  }
});

Deno.test("createMemory() says how much memory there was not", () => {
  assertThrows(
    () => createMemory().take(2 ** 52),
    RangeError,
    "Cannot make a tensor: expected 4503599627370496 bytes of memory",
  );
});

Deno.test("createMemory() lets go of what waits before it gives up, and counts what there was not as nothing", () => {
  const memory = createMemory({ slab: 64 });
  const [kept, waiting] = [memory.take(1000), memory.take(2000)];
  memory.give(waiting);
  assertThrows(() => memory.take(2 ** 52), RangeError);
  assertEquals(memory.usage(), { taken: kept.capacity, waiting: 0 });
  assert(waiting.buffer.detached && !kept.buffer.detached);
  // The pool does not take the giant for what is usual.
  const free = createMemory({ spare: 0, slab: 64 });
  assertThrows(() => free.take(2 ** 52), RangeError);
  free.give(free.take(512));
  free.give(free.take(768));
  assertEquals(free.usage(), { taken: 0, waiting: 768 });
});
