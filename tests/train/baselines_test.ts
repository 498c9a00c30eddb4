import "#tests/support/permitted.ts";
import { assert, assertEquals, assertGreater } from "@std/assert";
import type { Dataset } from "#lib/dataset/dataset.ts";
import { tf } from "#lib/engine/tensor.ts";
import { bm25Indexes, untrainedRun, wordsRun } from "#lib/train/baselines.ts";
import { startingWeights } from "#lib/train/head.ts";
import { prepareTiny, withTinyFiles } from "./tiny_training.ts";

const dataset: Dataset = {
  name: "toy",
  queries: new Map([["q", "a red cat"], ["none", "zebra"]]),
  documents: new Map([["d1", "red cats"], ["d2", "a dog"], ["d3", "red"]]),
  qrels: {},
  pools: { test: ["d2", "d3"] },
};

Deno.test("wordsRun() ranks by BM25, and keeps a query that no document answers", () => {
  const run = wordsRun(bm25Indexes(dataset)("train"), dataset);
  const found = [...run.get("q")!];
  assertEquals(found.map(([id]) => id), ["d1", "d3"]);
  assertGreater(found[0]![1], found[1]![1]);
  assertEquals(run.get("none")?.size, 0);
});

Deno.test("bm25Indexes() searches a split's own pool, and makes an index only once", () => {
  const words = bm25Indexes(dataset);
  assertEquals([...wordsRun(words("test"), dataset).get("q")!.keys()], ["d3"]);
  assertEquals(words("test"), words("test"));
  assert(words("train") === words("dev"), "both search the whole collection");
});

Deno.test("untrainedRun() does not depend on head or query expansion, and frees what it makes", async () => {
  await withTinyFiles(async (files) => {
    const { model, dataset, test } = await prepareTiny(files, {
      engine: "reference",
    });
    const { numTensors } = tf.memory();
    const run = await untrainedRun(model, test);
    assertEquals(tf.memory().numTensors, numTensors);
    assertEquals([run.size, run.get("q24")?.size], [8, 40]);
    const parameters = startingWeights(model, dataset, {
      split: "train",
      seed: 1,
    });
    const headed = {
      ...model,
      hasHead: true,
      parameters,
      queryForm: { ...model.queryForm, expansion: "plus8" as const },
    };
    assertEquals(await untrainedRun(headed, test), run);
  });
});
