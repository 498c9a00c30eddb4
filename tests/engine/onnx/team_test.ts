import "#tests/support/permitted.ts";
import { buildGraph } from "#lib/engine/onnx/graph.ts";
import { openOnnxLibrary } from "#lib/engine/onnx/library.ts";
import { createMemory } from "#lib/engine/memory.ts";
import { type Runtime, startRuntime } from "#lib/engine/onnx/runtime.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";

const ROWS = 1 << 16;

/** A runtime of three threads, whatever the machine has. */
async function threeThreads(): Promise<Runtime> {
  return startRuntime(await openOnnxLibrary(), { threads: 3 });
}

const memory = createMemory();

/** Numbers that a graph can see. */
function numbers(length: number) {
  const { buffer, offset, address } = memory.take(4 * length);
  const values = new Float32Array(buffer, offset, length).fill(0);
  const part = (from: number, count: number) => ({
    address: address + BigInt(4 * from),
    shape: [count],
  });
  return { values, part };
}

Deno.test("together() performs every chain once, its calls in order, round after round", async () => {
  const runtime = await threeThreads();
  const graph = buildGraph(runtime, {
    inputs: "x",
    outputs: "y",
    nodes: [["Mul", "x two", "twice"], ["Add", "twice one", "y"]],
    constants: { one: 1, two: 2 },
  });
  const { values, part } = numbers(16 * ROWS);
  for (let round = 0; round < 20; round++) {
    runtime.calls.together(16, (chain) => {
      const piece = part(chain * ROWS, ROWS);
      graph([piece], [piece]);
      graph([piece], [piece]);
    });
    // x -> 2 (2 x + 1) + 1, brought back to where it was.
    assert(values.every((value) => value === 4 * round + 3));
    values.fill(round + 1);
  }
});

Deno.test("together() performs more chains and words than a round can hold", async () => {
  const runtime = await threeThreads();
  const graph = buildGraph(runtime, {
    inputs: "x",
    outputs: "y",
    nodes: [["Add", "x one", "y"]],
    constants: { one: 1 },
  });
  const length = 40_000;
  const { values, part } = numbers(length);
  runtime.calls.together(length, (chain) => {
    graph([part(chain, 1)], [part(chain, 1)]);
  });
  assertEquals(values.reduce((sum, value) => sum + value, 0), length);
});

Deno.test("together() passes on the error of a chain, and goes on working", async () => {
  const runtime = await threeThreads();
  const graph = buildGraph(runtime, {
    inputs: "a b",
    outputs: "y",
    nodes: [["Add", "a b", "y"]],
  });
  const { values, part } = numbers(16 * ROWS);
  const addend = numbers(3);
  values.fill(1);
  addend.values.fill(2);
  const round = (length: number) =>
    runtime.calls.together(16, (chain) => {
      const piece = part(chain * ROWS, ROWS);
      graph([piece, addend.part(0, chain === 5 ? length : 1)], [piece]);
    });
  assertThrows(() => round(3), RangeError, "Cannot compute with ONNX Runtime");
  values.fill(1);
  round(1);
  assert(values.every((value) => value === 3));
  assertThrows(
    () =>
      runtime.calls.together(2, () => {
        throw new RangeError("Cannot note: expected nothing, got this");
      }),
    RangeError,
    "Cannot note",
  );
  assertEquals(runtime.calls.isNoting(), false);
});

Deno.test("a team's thread does nothing where no team was handed to it", async () => {
  const program = await import("#lib/engine/onnx/team_thread.ts");
  assertEquals(Object.keys(program), []);
});
