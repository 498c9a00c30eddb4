import { hasKernel } from "#lib/engine/ops/fused.ts";
import { maxSim, type MaxSimOptions } from "#lib/engine/ops/max_sim.ts";
import { composedMaxSim } from "#lib/engine/ops/max_sim_composition.ts";
import { read, tensorOf, tf, valueAndGradients } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { stream } from "#lib/num/stream.ts";
import { assertEquals, assertLess, assertThrows } from "@std/assert";
import { hasAdapter, withRoom } from "./adapter.ts";

const random = stream(5, "webgpu MaxSim");

/** Texts, which of their tokens count, and their vectors. */
interface Side {
  readonly offsets: Int32Array;
  readonly keep: Uint8Array;
  readonly values: Float32Array;
}

/** Texts of 1 to `longest` tokens, some dropped, the first of each kept. */
function side(texts: number, longest: number, dim: number): Side {
  const offsets = new Int32Array(texts + 1);
  for (let i = 0; i < texts; i++) {
    offsets[i + 1] = offsets[i]! + 1 + random.integer(longest);
  }
  const tokens = offsets[texts]!;
  const keep = Uint8Array.from({ length: tokens }, () => random.integer(4));
  for (const [i, flag] of keep.entries()) keep[i] = Math.min(1, flag);
  for (const start of offsets.subarray(0, texts)) keep[start] = 1;
  const values = Float32Array.from({ length: tokens * dim }, random.normal);
  return { offsets, keep, values };
}

/** Queries, documents, the length of a vector, ways. */
interface Meeting {
  readonly queries: Side;
  readonly documents: Side;
  readonly dim: number;
  readonly ways?: number | undefined;
}

/** Settings of MaxSim. */
function optionsOf({ queries, documents, ways }: Meeting): MaxSimOptions {
  return {
    queryOffsets: queries.offsets,
    queryKeep: queries.keep,
    documentOffsets: documents.offsets,
    documentKeep: documents.keep,
    ways,
  };
}

/** Both sides on the engine in use. */
function vectorsOf({ queries, documents, dim }: Meeting) {
  const rows = ({ values }: Side) =>
    tensorOf(values, [values.length / dim, dim]);
  return { q: rows(queries), d: rows(documents) };
}

/** Scores alone; frees everything. */
function scored(meeting: Meeting): number[] {
  const { q, d } = vectorsOf(meeting);
  const scores = maxSim(q, d, optionsOf(meeting));
  const numbers = [...read(scores)];
  tf.dispose([q, d, scores]);
  return numbers;
}

/** Scores and both gradients of a weighted sum of them. */
function measured(
  meeting: Meeting,
  score: (q: tf.Tensor, d: tf.Tensor, options: MaxSimOptions) => tf.Tensor,
): number[][] {
  const options = optionsOf(meeting);
  let scores: number[] = [];
  const { value, gradients } = valueAndGradients(({ q, d }) => {
    const made = score(q!, d!, options);
    scores = [...read(made)];
    const weights = tf.reshape(tf.range(1, made.size + 1), made.shape);
    return tf.sum(tf.mul(made, weights));
  }, vectorsOf(meeting));
  const numbers = [value, gradients.q!, gradients.d!].map((x) => [...read(x)]);
  return [scores, ...numbers];
}

/** The largest of sizes. */
const largest = (values: readonly number[]) =>
  values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/**
 * Shapes on both sides of what a workgroup takes at once: 32 tokens of either side,
 * 32 numbers or, in dims that 4 does not divide, 8; 32 columns, 128 or 32 features.
 */
const SHAPES = [
  { dim: 96, texts: [5, 90], longest: [12, 40] },
  { dim: 96, texts: [5, 20], longest: [12, 40], ways: 4 },
  { dim: 136, texts: [3, 6], longest: [70, 100], ways: 2 },
  { dim: 7, texts: [4, 5], longest: [40, 66] },
  { dim: 33, texts: [2, 70], longest: [5, 3], ways: 35 },
] as const;

for (const shape of SHAPES) {
  Deno.test({
    name: `MaxSim in WGSL has the composition's scores and gradients: ${
      JSON.stringify(shape)
    }`,
    ignore: !hasAdapter,
    fn: async () => {
      const { dim, texts, longest } = shape;
      const meeting = {
        queries: side(texts[0], longest[0], dim),
        documents: side(texts[1], longest[1], dim),
        dim,
        ways: "ways" in shape ? shape.ways : undefined,
      };
      await useEngine("reference");
      const wanted = measured(meeting, composedMaxSim);
      await useEngine("webgpu");
      assertEquals(hasKernel("LabMaxSim"), true);
      const got = measured(meeting, maxSim);
      for (const [i, numbers] of wanted.entries()) {
        const apart = largest(numbers.map((value, j) => value - got[i]![j]!));
        assertEquals(got[i]!.length, numbers.length);
        // 136 products and up to 450 sums in 32 bits: some 5e-7 of the largest
        assertLess(apart, 2e-6 * largest(numbers));
      }
    },
  });
}

/** One query token, and one document of 80 tokens of one number each. */
function alone(values: Float32Array): Meeting {
  const keep = new Uint8Array(80).fill(1);
  return {
    queries: {
      offsets: Int32Array.of(0, 1),
      keep: Uint8Array.of(1),
      values: Float32Array.of(1),
    },
    documents: { offsets: Int32Array.of(0, 80), keep, values },
    dim: 1,
  };
}

// Tokens of one thread of a workgroup, of its neighbours, and of a later round.
const FIRST_OF = [[5, 13], [5, 6], [9, 2], [40, 7], [70, 38]] as const;

for (const pair of FIRST_OF) {
  Deno.test({
    name: `in WGSL the first of equals wins, and of NaN: tokens ${pair}`,
    ignore: !hasAdapter,
    fn: async () => {
      const first = Math.min(...pair);
      const values = new Float32Array(80).fill(-3);
      for (const token of pair) values[token] = -1;
      await useEngine("webgpu");
      const [scores, , , gradient] = measured(alone(values), maxSim);
      assertEquals(scores, [-1]);
      assertEquals(gradient!.findIndex((x) => x !== 0), first);
      assertEquals(gradient!.filter((x) => x !== 0), [1]);
      for (const token of pair) values[token] = NaN;
      values[20] = Infinity;
      const spoilt = measured(alone(values), maxSim);
      assertEquals(spoilt[0], [NaN]);
      assertEquals(spoilt[3]!.findIndex((x) => x !== 0), first);
    },
  });
}

for (const ways of [undefined, 5]) {
  Deno.test({
    name:
      `MaxSim in WGSL works in parts where winners do not fit, ways ${ways}`,
    ignore: !hasAdapter,
    fn: async () => {
      const dim = 4;
      const [queries, documents] = [side(3, 40, dim), side(15, 3, dim)];
      const meeting = { queries, documents, dim, ways };
      await useEngine("reference");
      const [wanted] = measured(meeting, maxSim);
      const slots = queries.keep.filter((flag) => flag === 1).length;
      const winners = 8 * slots * (ways ?? 15);
      const sizes = [queries, documents].map(({ values }) => values.byteLength);
      const room = Math.max(...sizes, Math.ceil(winners / 3));
      assertLess(room, winners);
      await withRoom(room, () => {
        const before = tf.backend().numDataIds();
        const made = scored(meeting);
        assertEquals(tf.backend().numDataIds(), before);
        // 4 products and up to 40 sums in 32 bits
        assertLess(largest(made.map((x, i) => x - wanted![i]!)), 1e-5);
      });
    },
  });
}

Deno.test({
  name: "MaxSim in WGSL says that a gradient's winners do not fit",
  ignore: !hasAdapter,
  fn: async () => {
    const [queries, documents] = [side(1, 1, 4), side(3, 2, 4)];
    const meeting = { queries, documents, dim: 4 };
    await withRoom(8, () => {
      assertThrows(
        () => measured(meeting, maxSim),
        RangeError,
        "Cannot score by MaxSim on the graphics device: expected 1 query tokens to meet at most 1 documents, got 3; use a smaller batch",
      );
    });
  },
});
