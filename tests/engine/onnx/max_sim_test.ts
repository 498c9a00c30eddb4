import "#tests/support/permitted.ts";
import { planOf } from "#lib/engine/onnx/kernels/max_sim_plan.ts";
import type { OnnxBackend } from "#lib/engine/onnx/onnx_backend.ts";
import { tf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { stream } from "#lib/num/stream.ts";
import { assertEquals, assertLess } from "@std/assert";
import { apart, measured, type Side, side } from "../max_sim_sides.ts";

/** Lengths from one number to another. */
function lengths(count: number, from: number, to: number): number[] {
  const random = stream(2, `${count} ${from} ${to}`);
  return Array.from({ length: count }, () => from + random.integer(to - from));
}

const third = { dropped: (place: number) => place % 3 === 1 };
const first = { dropped: (place: number) => place === 0 };

/** Queries, documents, ways: more than a piece holds, and as little as there can be. */
const CASES: Readonly<Record<string, readonly [Side, Side, number?]>> = {
  "one token each": [side("q", [1]), side("d", [1])],
  "one document": [side("q", [3, 600]), side("d", [50])],
  "many short documents": [
    side("q", lengths(130, 1, 10)),
    side("d", lengths(600, 1, 13)),
  ],
  "long documents": [
    side("q", lengths(40, 12, 20)),
    side("d", lengths(40, 33, 90)),
  ],
  "a very long document among short ones": [
    side("q", lengths(20, 8, 12)),
    side("d", [1, 6000, 2, 40, 3]),
  ],
  "tokens that do not count": [
    side("q", lengths(70, 4, 20), third),
    side("d", lengths(90, 2, 70), first),
  ],
  "documents of their own": [
    side("q", lengths(30, 1, 40), third),
    side("d", lengths(90, 2, 200), third),
    3,
  ],
  "one document of their own": [
    side("q", lengths(5, 1, 3)),
    side("d", lengths(5, 1, 3)),
    1,
  ],
};

for (const [name, [queries, documents, ways]] of Object.entries(CASES)) {
  Deno.test(`maxSim() on onnx, with gradient, of ${name}`, async () => {
    await useEngine("reference");
    const wanted = measured(queries, documents, ways);
    await useEngine("onnx");
    const backend = tf.backend() as OnnxBackend;
    const before = backend.memoryUsage().taken;
    const got = measured(queries, documents, ways);
    assertEquals(backend.memoryUsage().taken, before);
    // 4 products, and sums of up to 600 numbers of either sign, in 32 bits
    for (const share of apart(wanted, got)) assertLess(share, 5e-6);
    assertEquals(measured(queries, documents, ways), got);
  });
}

for (const value of [NaN, Infinity, -Infinity]) {
  Deno.test(`maxSim() on onnx gives NaN for texts with ${value}, and for no others`, async () => {
    await useEngine("onnx");
    const queries = side("q", lengths(3, 2, 9), { dim: 16 });
    const documents = side("d", lengths(20, 1, 30), { dim: 16 });
    const scoresWith = (sick: Side, place: number) => {
      const healthy = sick.values[place]!;
      sick.values[place] = value;
      const [scores] = measured(queries, documents);
      sick.values[place] = healthy;
      return scores!;
    };
    const [healthy] = measured(queries, documents);
    const { offsets } = documents;
    for (let row = offsets[7]!; row < offsets[8]!; row++) {
      const expected = healthy!.map((score, i) => i % 20 === 7 ? NaN : score);
      assertEquals(scoresWith(documents, 16 * row + row % 16), expected);
    }
    const expected = healthy!.map((score, i) => i < 20 ? NaN : score);
    assertEquals(scoresWith(queries, 5), expected);
  });
}

Deno.test("planOf() lays every kept pair once, in pieces of bounded size", () => {
  for (const [queries, documents, ways] of Object.values(CASES)) {
    const plan = planOf({
      queryOffsets: queries.offsets,
      queryKeep: queries.keep,
      documentOffsets: documents.offsets,
      documentKeep: documents.keep,
      ways,
    }, 4);
    let pairs = 0;
    for (const piece of plan.meetings.flat(2)) {
      const { part: [, count], columns, length, from, place } = piece;
      assertEquals(place, pairs);
      pairs += columns.length * count;
      const similarities = columns.length * length * count;
      // 1 MB, or one document and 64 query rows.
      assertLess(similarities, Math.max(2 ** 18, 64 * length) + 1);
      const rows = plan.rows.subarray(from, from + columns.length * length);
      rows.forEach((row) => assertEquals(documents.keep[row], 1));
    }
    assertEquals(plan.pairs, pairs);
    const perRow = plan.queryRows.length * plan.columns;
    assertEquals(plan.pairs, perRow);
  }
});
