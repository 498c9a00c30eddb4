import "#tests/support/permitted.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
} from "@std/assert";
import { read, tf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import type { ProgressReport } from "#lib/num/progress.ts";
import {
  encodeDocuments,
  encodeQueries,
} from "#lib/search/encode_collection.ts";
import { type Retriever, retrieverOf } from "#lib/search/retriever.ts";
import { searchCollection } from "#lib/search/search_collection.ts";
import { loadModel } from "#lib/store/model/load_model.ts";
import { writeTinyModel } from "#tests/support/tiny_model.ts";

/** Does work with the tiny model, which has no head and so encodes with its token states. */
async function withRetriever(work: (retriever: Retriever) => Promise<void>) {
  const root = await Deno.makeTempDir({ prefix: "tiny-" });
  try {
    await useEngine("reference");
    const retriever = retrieverOf(await loadModel(await writeTinyModel(root)));
    await work(retriever);
    tf.dispose(retriever.parameters);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** Texts of one to nine words, by id. */
function texts(prefix: string, count: number): Map<string, string> {
  return new Map(
    Array.from({ length: count }, (_, i) => [
      `${prefix}${i}`,
      Array.from({ length: 1 + i % 9 }, (_, j) => "abcdefgh"[(i * 5 + j) % 8])
        .join(" "),
    ]),
  );
}

Deno.test("retrieverOf() gives a model without a head vectors of unit token states", async () => {
  await withRetriever((retriever) => {
    const { vectors } = encodeQueries(retriever, texts("q", 2));
    assertEquals(vectors.values.shape[1], retriever.encoder.hidden);
    const row = read(vectors.values).subarray(0, retriever.encoder.dim);
    assertAlmostEquals(Math.hypot(...row), 1, 1e-12);
    vectors.values.dispose();
    return Promise.resolve();
  });
});

Deno.test("encodeQueries() gives in parts what each query gives alone", async () => {
  await withRetriever((retriever) => {
    const queries = texts("q", 300); // more than are encoded at a time
    const all = encodeQueries(retriever, queries);
    assertEquals(all.ids, [...queries.keys()]);
    const { offsets, values } = all.vectors;
    for (const at of [0, 255, 256, 299]) {
      const id = `q${at}`;
      const alone = encodeQueries(retriever, new Map([[id, queries.get(id)!]]));
      const dim = retriever.encoder.dim;
      const rows = read(values).subarray(
        offsets[at]! * dim,
        offsets[at + 1]! * dim,
      );
      read(alone.vectors.values).forEach((value, i) =>
        assertAlmostEquals(rows[i]!, value, 1e-12)
      );
      alone.vectors.values.dispose();
    }
    values.dispose();
    return Promise.resolve();
  });
});

Deno.test("encodeDocuments() yields every document once, short ones first, and reports", async () => {
  await withRetriever(async (retriever) => {
    const documents = texts("d", 40);
    const reports: ProgressReport[] = [];
    const seen: string[] = [];
    const options = {
      partCharacters: 30,
      progress: (report: ProgressReport) => reports.push(report),
    };
    for await (
      const { ids, vectors } of encodeDocuments(retriever, documents, options)
    ) {
      seen.push(...ids);
      assertEquals(vectors.offsets.length, ids.length + 1);
      vectors.values.dispose();
    }
    assertEquals([...seen].sort(), [...documents.keys()].sort());
    const sizes = seen.map((id) => documents.get(id)!.length);
    assertEquals(sizes, [...sizes].sort((a, b) => a - b));
    assert(reports.length > 3);
    assertEquals(reports.at(-1)?.done, 40);
  });
});

Deno.test("searchCollection() ranks the same however the collection is cut, and frees its tensors", async () => {
  await withRetriever(async (retriever) => {
    const task = { queries: texts("q", 5), documents: texts("d", 60) };
    const before = tf.memory().numTensors;
    const run = await searchCollection(retriever, task, { depth: 10 });
    assertEquals(tf.memory().numTensors, before);
    assertEquals(run.size, 5);
    for (const scores of run.values()) {
      assertEquals(scores.size, 10);
      const values = [...scores.values()];
      assertEquals(values, [...values].sort((a, b) => b - a));
    }
  });
});

Deno.test("searchCollection() stops when its signal is aborted, and frees its tensors", async () => {
  await withRetriever(async (retriever) => {
    const task = { queries: texts("q", 2), documents: texts("d", 20) };
    const controller = new AbortController();
    controller.abort(new DOMException("interrupted", "AbortError"));
    const before = tf.memory().numTensors;
    await assertRejects(
      () => searchCollection(retriever, task, { signal: controller.signal }),
      DOMException,
      "interrupted",
    );
    assertEquals(tf.memory().numTensors, before);
  });
});
