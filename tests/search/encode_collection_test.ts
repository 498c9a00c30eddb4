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

/** A retriever whose memory suffices for so many texts at a time, and how many it was asked for. */
function shortOfMemory(retriever: Retriever, most: number) {
  const asked: number[] = [];
  const { encoder } = retriever;
  const encode: typeof encoder.encode = (tokens, ...rest) => {
    const vectors = encoder.encode(tokens, ...rest);
    const texts = tokens.offsets.length - 1;
    asked.push(texts);
    if (texts > most) throw new RangeError("std::bad_alloc");
    return vectors;
  };
  return {
    asked,
    retriever: { ...retriever, encoder: { ...encoder, encode } },
  };
}

Deno.test("encodeDocuments() goes on from the same place with parts of half when memory runs out, and says so", async () => {
  await withRetriever(async (whole) => {
    const { retriever, asked } = shortOfMemory(whole, 10);
    const documents = texts("d", 90);
    const seen = new Map<string, number[]>();
    const notes: ProgressReport[] = [];
    const before = tf.memory().numTensors;
    const parts = encodeDocuments(retriever, documents, {
      partCharacters: 40,
      progress: (report) => report.note && notes.push(report),
    });
    for await (const { ids, vectors } of parts) {
      assertEquals(tf.memory().numTensors, before + 1);
      const numbers = [...read(vectors.values)];
      const { offsets } = vectors;
      const dim = numbers.length / offsets.at(-1)!;
      ids.forEach((id, i) =>
        seen.set(id, numbers.slice(offsets[i]! * dim, offsets[i + 1]! * dim))
      );
      vectors.values.dispose();
    }
    // Ten texts of one letter and ten of three make 40 characters, of which the
    // first ten fit; from then on 20 characters are enough: 7 of 3; 3 of 3, 3 of 5.
    assertEquals(asked.slice(0, 4), [20, 10, 7, 6]);
    assertEquals(notes, [{
      ...{ label: "encode documents", done: 0, total: 90 },
      note: "Out of memory with 20 documents at a time: goes on with 10",
    }]);
    assertEquals([...seen.keys()].sort(), [...documents.keys()].sort());
    for await (
      const { ids, vectors } of encodeDocuments(whole, documents, {
        partCharacters: 1,
      })
    ) {
      read(vectors.values).forEach((value, i) =>
        assertAlmostEquals(seen.get(ids[0]!)![i]!, value, 1e-12)
      );
      vectors.values.dispose();
    }
  });
});

Deno.test("encodeQueries() encodes half as many at a time when memory runs out, says so, and gives the same", async () => {
  await withRetriever((whole) => {
    const { retriever, asked } = shortOfMemory(whole, 70);
    const queries = texts("q", 300);
    const notes: ProgressReport[] = [];
    const before = tf.memory().numTensors;
    const got = encodeQueries(retriever, queries, {
      progress: (report) => notes.push(report),
    });
    assertEquals(tf.memory().numTensors, before + 1);
    assertEquals(asked, [256, 128, 64, 64, 64, 64, 44]);
    assertEquals(
      notes,
      [256, 128].map((many) => ({
        ...{ label: "encode queries", done: 0, total: 300 },
        note: `Out of memory with ${many} queries at a time: goes on with ${
          many / 2
        }`,
      })),
    );
    const expected = encodeQueries(whole, queries);
    assertEquals(got.ids, expected.ids);
    assertEquals(got.vectors.offsets, expected.vectors.offsets);
    assertEquals(got.vectors.keep, expected.vectors.keep);
    const values = read(expected.vectors.values);
    read(got.vectors.values).forEach((value, i) =>
      assertAlmostEquals(value, values[i]!, 1e-12)
    );
    tf.dispose([got.vectors.values, expected.vectors.values]);
    return Promise.resolve();
  });
});

Deno.test("searchCollection() gives up with one error when memory does not suffice for one text, and frees its tensors", async () => {
  await withRetriever(async (whole) => {
    const { retriever, asked } = shortOfMemory(whole, 0);
    const task = { queries: texts("q", 3), documents: texts("d", 20) };
    const before = tf.memory().numTensors;
    await assertRejects(
      () => searchCollection(retriever, task),
      RangeError,
      "Cannot encode queries: expected memory for one at a time, got: std::bad_alloc; use ",
    );
    assertEquals(asked, [3, 2, 1]);
    assertEquals(tf.memory().numTensors, before);
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
