import { hasKernel } from "#lib/engine/ops/fused.ts";
import { maxSim } from "#lib/engine/ops/max_sim.ts";
import { composedMaxSim } from "#lib/engine/ops/max_sim_composition.ts";
import { read, tensorOf, tf, valueAndGradients } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { stream } from "#lib/num/stream.ts";
import { assertEquals, assertLess } from "@std/assert";
import { hasAdapter } from "./adapter.ts";

const DIM = 96;
const random = stream(5, "webgpu MaxSim");

/** Texts of 1 to `longest` tokens, some dropped, the first of each kept. */
function side(texts: number, longest: number) {
  const offsets = new Int32Array(texts + 1);
  for (let i = 0; i < texts; i++) {
    offsets[i + 1] = offsets[i]! + 1 + random.integer(longest);
  }
  const tokens = offsets[texts]!;
  const keep = Uint8Array.from({ length: tokens }, () => random.integer(4));
  for (const [i, flag] of keep.entries()) keep[i] = Math.min(1, flag);
  for (const start of offsets.subarray(0, texts)) keep[start] = 1;
  const values = Float32Array.from({ length: tokens * DIM }, random.normal);
  return { offsets, keep, values };
}

const QUERIES = side(5, 12);

/** Scores and both gradients of a weighted sum of them. */
function measured(
  documents: ReturnType<typeof side>,
  ways: number | undefined,
  score: typeof maxSim,
): number[][] {
  const options = {
    queryOffsets: QUERIES.offsets,
    queryKeep: QUERIES.keep,
    documentOffsets: documents.offsets,
    documentKeep: documents.keep,
    ways,
  };
  const rows = ({ values }: { readonly values: Float32Array }) =>
    tensorOf(values, [values.length / DIM, DIM]);
  let scores: number[] = [];
  const { value, gradients } = valueAndGradients(({ q, d }) => {
    const made = score(q!, d!, options);
    scores = [...read(made)];
    const weights = tf.reshape(tf.range(1, made.size + 1), made.shape);
    return tf.sum(tf.mul(made, weights));
  }, { q: rows(QUERIES), d: rows(documents) });
  const numbers = [value, gradients.q!, gradients.d!].map((x) => [...read(x)]);
  return [scores, ...numbers];
}

for (const ways of [undefined, 4]) {
  const documents = side(ways === undefined ? 90 : 5 * ways, 40);
  Deno.test({
    name:
      `MaxSim in WGSL has the composition's scores and gradients, ways ${ways}`,
    ignore: !hasAdapter,
    fn: async () => {
      await useEngine("reference");
      const wanted = measured(documents, ways, composedMaxSim);
      await useEngine("webgpu");
      assertEquals(hasKernel("LabMaxSim"), true);
      const got = measured(documents, ways, maxSim);
      for (const [i, numbers] of wanted.entries()) {
        const largest = (values: readonly number[]) =>
          values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        const most = largest(numbers);
        const apart = largest(numbers.map((value, j) => value - got[i]![j]!));
        assertEquals(got[i]!.length, numbers.length);
        // 96 products and up to 450 sums in 32 bits: some 5e-7 of the largest
        assertLess(apart, 2e-6 * most);
      }
    },
  });
}
