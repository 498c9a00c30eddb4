import "#tests/support/permitted.ts";
import { assertEquals } from "@std/assert";
import { tensorOf, tf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { stream } from "#lib/num/stream.ts";
import {
  type EncodedDocuments,
  searchExactly,
} from "#lib/search/exact_max_sim.ts";

/** Texts by id, each a list of token vectors. */
type Texts =
  readonly (readonly [id: string, rows: readonly (readonly number[])[]])[];

/** Lays texts end to end. */
function encoded(texts: Texts): EncodedDocuments {
  const rows = texts.flatMap(([, rows]) => rows);
  const offsets = new Int32Array(texts.length + 1);
  texts.forEach(([, rows], i) => offsets[i + 1] = offsets[i]! + rows.length);
  const values = tensorOf(rows.flat(), [rows.length, rows[0]!.length]);
  const keep = new Uint8Array(rows.length).fill(1);
  return { ids: texts.map(([id]) => id), vectors: { values, offsets, keep } };
}

/** Texts of one to four random tokens. */
function randomTexts(name: string, count: number): Texts {
  const random = stream(1, name);
  return Array.from({ length: count }, (_, i) => [
    `${name}${i}`,
    Array.from(
      { length: 1 + random.integer(4) },
      () => [random.normal(), random.normal(), random.normal()],
    ),
  ]);
}

/** MaxSim as its definition reads. */
function maxSim(
  query: readonly (readonly number[])[],
  document: readonly (readonly number[])[],
): number {
  const dot = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, x, i) => sum + x * b[i]!, 0);
  return query.reduce(
    (sum, q) => sum + Math.max(...document.map((d) => dot(q, d))),
    0,
  );
}

const queries = randomTexts("q", 3);
const documents = randomTexts("d", 50);

Deno.test("searchExactly() keeps the best documents of each query by MaxSim", async () => {
  await useEngine("reference");
  const run = await searchExactly(encoded(queries), [encoded(documents)], {
    depth: 5,
  });
  for (const [id, rows] of queries) {
    const best = documents.map(([document, other]) =>
      [document, maxSim(rows, other)] as const
    )
      .sort((a, b) => b[1] - a[1]).slice(0, 5);
    assertEquals([...run.get(id)!.keys()], best.map(([document]) => document));
    const scores = [...run.get(id)!.values()];
    assertEquals(
      scores.map((score) => score.toFixed(9)),
      best.map(([, score]) => score.toFixed(9)),
    );
  }
});

for (const engine of ["reference", "wasm"] as const) {
  Deno.test(`searchExactly() on ${engine} finds the same streamed as all at once, in any order`, async () => {
    await useEngine(engine);
    const whole = await searchExactly(encoded(queries), [encoded(documents)], {
      depth: 7,
    });
    const shuffled = stream(2, "order").shuffle(documents);
    async function* parts() {
      for (let first = 0; first < 50; first += 3) {
        await Promise.resolve();
        yield encoded(shuffled.slice(first, first + 3));
      }
    }
    assertEquals(
      await searchExactly(encoded(queries), parts(), { depth: 7 }),
      whole,
    );
  });
}

Deno.test("searchExactly() ranks and cuts equal scores by falling id, as trec_eval does", async () => {
  await useEngine("reference");
  const equal = ["b", "a", "c", "a1", "\u{1F600}", "\uFF21"].map((id) =>
    [id, [[1]]] as const
  );
  for (const parts of [[equal], equal.map((one) => [one])]) {
    const run = await searchExactly(
      encoded([["q", [[2]]]]),
      parts.map(encoded),
      { depth: 4 },
    );
    assertEquals([...run.get("q")!], [
      ["\u{1F600}", 2],
      ["\uFF21", 2],
      ["c", 2],
      ["b", 2],
    ]);
  }
});

Deno.test("searchExactly() frees the parts, and leaves the queries alive", async () => {
  await useEngine("reference");
  const asked = encoded(queries);
  const { numTensors } = tf.memory();
  await searchExactly(asked, [
    encoded(documents),
    encoded([["e", [[1, 2, 3]]]]),
  ]);
  assertEquals(tf.memory().numTensors, numTensors);
  assertEquals(asked.vectors.values.isDisposed, false);
});

Deno.test("searchExactly() gives every query an empty list over an empty collection", async () => {
  await useEngine("reference");
  const run = await searchExactly(encoded(queries), []);
  assertEquals([...run.keys()], queries.map(([id]) => id));
  assertEquals([...run.values()].map(({ size }) => size), [0, 0, 0]);
});
