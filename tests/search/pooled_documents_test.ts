import "#tests/support/permitted.ts";
import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { tensorOf, tf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import type { EncodedDocuments } from "#lib/search/exact_max_sim.ts";
import {
  pooledDocuments,
  type VectorCount,
} from "#lib/search/pooled_documents.ts";
import { retrieverOf } from "#lib/search/retriever.ts";
import { searchCollection } from "#lib/search/search_collection.ts";
import { loadModel } from "#lib/store/model/load_model.ts";
import fixture from "../fixtures/search/pooled.json" with { type: "json" };
import { tinyModel } from "../store/model/tiny_models.ts";

const queries = new Map(Object.entries(fixture.queries));
const documents = new Map(Object.entries(fixture.documents));

/** A document of these rows, all of which count. */
function encoded(id: string, rows: readonly number[][]): EncodedDocuments {
  const values = tensorOf(rows.flat(), [rows.length, 2]);
  const offsets = Int32Array.of(0, rows.length);
  const keep = new Uint8Array(rows.length).fill(1);
  return { ids: [id], vectors: { values, offsets, keep } };
}

const PAIRS = [[1, 0], [0, 1], [0, 1], [-1, 0], [-1, 0]];

Deno.test("searchCollection() pools as PyLate's encode does: the same vectors left, the same scores", async () => {
  await useEngine("reference");
  const retriever = retrieverOf(await loadModel(tinyModel("pylate")));
  const before = fixture.cases[0]!.vectors.reduce((a, b) => a + b);
  for (const { factor, protectedTokens, vectors, scores } of fixture.cases) {
    let count: VectorCount | undefined;
    const counted = (sum: VectorCount) => count = sum;
    const run = await searchCollection(retriever, { queries, documents }, {
      pool: { factor, protectedTokens, counted },
    });
    const after = vectors.reduce((a, b) => a + b);
    assertEquals(count, { before, after }, `factor ${factor}`);
    [...queries.keys()].forEach((query, i) =>
      [...documents.keys()].forEach((id, j) =>
        // Two cases differ by 1e-5 and more; both sides have 64 bits.
        assertAlmostEquals(run.get(query)!.get(id)!, scores[i]![j]!, 1e-6)
      )
    );
  }
  tf.dispose(retriever.parameters);
});

Deno.test("searchCollection() with a factor of 1 gives the very run of no pooling", async () => {
  await useEngine("reference");
  const retriever = retrieverOf(await loadModel(tinyModel("pylate")));
  const task = { queries, documents };
  assertEquals(
    await searchCollection(retriever, task, { pool: { factor: 1 } }),
    await searchCollection(retriever, task),
  );
  tf.dispose(retriever.parameters);
});

Deno.test("pooledDocuments() tells the sums so far, and disposes what it pooled", async () => {
  await useEngine("reference");
  const { numTensors } = tf.memory();
  const parts = [encoded("d1", PAIRS), encoded("d2", PAIRS.slice(0, 3))];
  const told: VectorCount[] = [];
  const ids: string[] = [];
  const options = { counted: (count: VectorCount) => void told.push(count) };
  for await (const part of pooledDocuments(parts, options)) {
    ids.push(...part.ids);
    part.vectors.values.dispose();
  }
  assertEquals(ids, ["d1", "d2"]);
  // The first stays, and two pairs of equals or one become one each.
  assertEquals(told, [{ before: 5, after: 3 }, { before: 8, after: 5 }]);
  assertEquals(tf.memory().numTensors, numTensors);
});

Deno.test("pooledDocuments() refuses what wardPool() refuses, and frees the part", async () => {
  await useEngine("reference");
  const { numTensors } = tf.memory();
  const first = (rows: number[][], factor: number) =>
    pooledDocuments([encoded("d1", rows)], { factor }).next();
  await assertRejects(() => first(PAIRS, 1.5), RangeError, "got 1.5");
  await assertRejects(
    () => first([...PAIRS, [NaN, 0]], 2),
    RangeError,
    "Cannot pool text 0: expected finite vectors, got one of length NaN",
  );
  assertEquals(tf.memory().numTensors, numTensors);
});
