import "#tests/support/permitted.ts";
import { maxSim } from "#lib/engine/ops/max_sim.ts";
import { read, tensorOf, tf, valueAndGradients } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { stream } from "#lib/num/stream.ts";
import { assertEquals, assertLess } from "@std/assert";
import { tensorFlowBackend } from "./present.ts";

const DIM = 4;

/** Texts of mixed lengths up to `longest`, every fourth token dropped. */
function side(name: string, texts: number, longest: number) {
  const offsets = new Int32Array(texts + 1);
  for (let i = 0; i < texts; i++) {
    offsets[i + 1] = offsets[i]! + longest - i % 5;
  }
  const tokens = offsets[texts]!;
  const keep = Uint8Array.from({ length: tokens }, (_, i) => i % 4 ? 1 : 0);
  const random = stream(9, name);
  const values = Float32Array.from({ length: tokens * DIM }, random.normal);
  return { offsets, keep, values };
}

/** Scores, and both gradients of their sum weighted by unlike numbers. */
function measured(
  queries: ReturnType<typeof side>,
  documents: ReturnType<typeof side>,
  ways: number | undefined,
): number[][] {
  const rows = (values: Float32Array) =>
    tensorOf(values, [values.length / DIM, DIM]);
  const given = { q: rows(queries.values), d: rows(documents.values) };
  let scores: number[] = [];
  const { value, gradients } = valueAndGradients(({ q, d }) => {
    const made = maxSim(q!, d!, {
      queryOffsets: queries.offsets,
      queryKeep: queries.keep,
      documentOffsets: documents.offsets,
      documentKeep: documents.keep,
      ways,
    });
    scores = [...read(made)];
    const weights = tf.cos(tf.reshape(tf.range(0, made.size), made.shape));
    return tf.sum(tf.mul(made, weights));
  }, given);
  const all = [scores, [...read(gradients.q!)], [...read(gradients.d!)]];
  tf.dispose([value, { ...gradients }, given]);
  return all;
}

// More than the million similarities that make a piece on a processor.
const CASES = [
  { texts: [60, 50], longest: [32, 20], ways: undefined },
  { texts: [40, 120], longest: [32, 320], ways: 3 },
] as const;

for (const { texts, longest, ways } of CASES) {
  Deno.test(`maxSim() on tensorflow goes piece by piece, ways ${ways}`, async () => {
    const backend = await tensorFlowBackend();
    if (!backend) return;
    const queries = side("queries", texts[0], longest[0]);
    const documents = side("documents", texts[1], longest[1]);
    await useEngine("reference");
    const wanted = measured(queries, documents, ways);
    await useEngine("tensorflow");
    const before = backend.usage();
    const got = measured(queries, documents, ways);
    assertEquals(backend.usage(), before);
    wanted.forEach((numbers, i) => {
      const most = numbers.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      const apart = numbers.reduce(
        (a, b, j) => Math.max(a, Math.abs(b - got[i]![j]!)),
        0,
      );
      // 4 products and up to 60 sums in 32 bits
      assertLess(apart, 2e-6 * most);
    });
  });
}
