import "#tests/support/permitted.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { tf } from "#lib/engine/tensor.ts";
import { estimateTraining } from "#lib/train/estimate.ts";
import { startingWeights } from "#lib/train/head.ts";
import { planTraining } from "#lib/train/plan.ts";
import { prepareTraining } from "#lib/train/prepare.ts";
import { smallerTest } from "#lib/train/smaller_test_bed.ts";
import { prepareTiny, type TinyFiles, withTinyFiles } from "./tiny_training.ts";

const ENGINE = { engine: "reference" };

/** Gives the collection tuples, one a training query, with scores for three documents. */
function addTuples({ data }: TinyFiles): void {
  const lines = Array.from({ length: 6 }, (_, i) =>
    JSON.stringify({
      query_id: `q${i}`,
      document_ids: [`d${i}`, "d30", "d31"],
      scores: [9, 2, i],
    }));
  Deno.writeTextFileSync(`${data}/tuples.jsonl`, lines.join("\n") + "\n");
}

Deno.test("prepareTraining() opens model and data and completes the settings", async () => {
  await withTinyFiles(async (files) => {
    const { settings, engine, model, dataset, test, dev } = await prepareTiny(
      files,
      ENGINE,
    );
    assertEquals([engine.name, settings.engine], ["reference", "reference"]);
    assertEquals([model.encoder.dim, model.hasHead], [16, false]);
    assertEquals([model.queryForm.length, model.documentForm.length], [12, 16]);
    assertEquals(dataset.qrels.train?.size, 24);
    assertEquals([test.split, test.queries.size, test.documents.size], [
      "test",
      8,
      40,
    ]);
    assertEquals(dev, undefined);
    assertEquals([settings.loss, settings.negatives], ["contrastive", "bm25"]);
  });
});

Deno.test("prepareTraining() keeps default lengths within what the model takes", async () => {
  await withTinyFiles(async ({ model, data }) => {
    const { settings } = await prepareTraining({ ...ENGINE, model, data });
    assertEquals([settings.queryLength, settings.documentLength], [32, 64]);
  });
});

Deno.test("prepareTraining() carves dev out of train where it is evaluated, always the same", async () => {
  await withTinyFiles(async (files) => {
    const given = { ...ENGINE, "eval-every": 5 };
    const [one, two] = [
      await prepareTiny(files, given),
      await prepareTiny(files, { ...given, seed: 9 }),
    ];
    const carved = [...one.dev!.queries.keys()];
    assertEquals(carved.length, 2);
    assertEquals([...two.dev!.queries.keys()], carved);
    assertEquals(one.dataset.qrels.train?.size, 22);
    assert(carved.every((id) => !one.dataset.qrels.train?.has(id)));
  });
});

Deno.test("prepareTraining() measures on dev where there is no test", async () => {
  await withTinyFiles(async (files) => {
    Deno.renameSync(
      `${files.data}/qrels/test.tsv`,
      `${files.data}/qrels/dev.tsv`,
    );
    assertEquals((await prepareTiny(files, ENGINE)).test.split, "dev");
  });
});

Deno.test("prepareTraining() distils tuples with scores, and no more documents than they have", async () => {
  await withTinyFiles(async (files) => {
    addTuples(files);
    const given = { ...ENGINE, batch: 2 };
    const { model, data } = files;
    const { settings } = await prepareTraining({
      ...given,
      model,
      data,
      dim: 16,
    });
    assertEquals([settings.loss, settings.ways, settings.steps], ["kl", 3, 3]);
    await assertRejects(
      () => prepareTiny(files, { ...given, ways: 4 }),
      RangeError,
      "Cannot use --ways: expected at most 3, the documents that every tuple has scores for, got 4",
    );
    const other = await prepareTiny(files, {
      ...given,
      loss: "pairwise",
      ways: 4,
    });
    assertEquals([other.settings.loss, other.settings.ways], ["pairwise", 4]);
  });
});

Deno.test("startingWeights() draws a head where components would be noise, else takes components", async () => {
  await withTinyFiles(async (files) => {
    const { model, dataset } = await prepareTiny(files, ENGINE);
    const head = (seed: number) =>
      startingWeights(model, dataset, { split: "train", seed })["head.weight"]!;
    assertEquals(head(1).shape, [16, 16]);
    assertEquals(head(1), head(1));
    assert(head(1).values.some((value, i) => value !== head(2).values[i]));
    assert(
      head(1).values.every((value) => Math.abs(value) <= 1 / Math.sqrt(16)),
    );

    const small = await prepareTiny(files, { ...ENGINE, dim: 4 });
    const { numTensors } = tf.memory();
    const { values, shape } = startingWeights(small.model, dataset, {
      split: "train",
      seed: 1,
    })["head.weight"]!;
    assertEquals(shape, [4, 16]);
    assertEquals(tf.memory().numTensors, numTensors);
    const dot = (a: number, b: number) =>
      Array.from(
        { length: 16 },
        (_, j) => values[16 * a + j]! * values[16 * b + j]!,
      ).reduce((x, y) => x + y);
    for (let row = 1; row < 4; row++) assertAlmostEquals(dot(0, row), 0, 1e-5);
  });
});

Deno.test("startingWeights() keeps the head that a model has", async () => {
  await withTinyFiles(async (files) => {
    const { model, dataset } = await prepareTiny(files, ENGINE);
    const options = { split: "train", seed: 1 };
    const weights = startingWeights(model, dataset, options);
    const headed = { ...model, hasHead: true, parameters: weights };
    assertEquals(startingWeights(headed, dataset, options), weights);
  });
});

Deno.test("estimateTraining() grows with the tokens of a step, and is of this world", async () => {
  await withTinyFiles(async (files) => {
    const { model } = await prepareTiny(files, { engine: "onnx" });
    const [few, many] = [
      estimateTraining(model.encoder, 100),
      estimateTraining(model.encoder, 1000),
    ];
    assertGreater(few.stepSeconds, 0);
    assertGreater(few.tokenSeconds, 0);
    assertGreater(many.memoryBytes, few.memoryBytes);
    // Matrices of both layers and the head: features in and out, 1.2 floats each.
    const features = 2 * (16 * 4 + 16 * 2 + 2 * (16 + 32)) + 32;
    assertAlmostEquals(
      many.memoryBytes - few.memoryBytes,
      900 * 4 * 1.2 * features,
      1,
    );
  });
});

Deno.test("planTraining() says what a run will do", async () => {
  await withTinyFiles(async (files) => {
    const prepared = await prepareTiny(files, {
      engine: "onnx",
      negatives: "random",
    });
    const plan = planTraining(prepared, { out: "some/run" });
    // A query has 12 tokens; a document has four words and three specials.
    assertEquals(plan.tokensPerStep, 8 * (12 + 2 * 7));
    const text = plan.lines.join("\n");
    for (
      const part of [
        "bert, vectors of 16, new head",
        "trains on split train; measured on 8 test queries over 40 documents",
        "20 steps of 8 queries x 2 documents (random negatives), about 208 tokens a step",
        "loss contrastive, adamw, learning rate 0.01",
        "Engine   onnx on ONNX Runtime",
        "Run      some/run",
      ]
    ) assertStringIncludes(text, part);
    assertGreater(plan.trainingSeconds, 0);
    assertGreater(plan.measuringSeconds, 0);
    assertGreater(plan.memoryBytes, 1e8);
  });
});

Deno.test("smallerTest() keeps the documents that its queries are judged on", async () => {
  await withTinyFiles(async (files) => {
    const whole = await prepareTiny(files, ENGINE);
    const { test, dataset } = smallerTest(whole, { queries: 3, documents: 5 });
    assertEquals([test.queries.size, test.qrels.size], [3, 3]);
    for (const grades of test.qrels.values()) {
      for (const id of grades.keys()) assert(test.documents.has(id));
    }
    assert(test.documents.size >= 5 && test.documents.size <= 8);
    assertEquals(dataset.qrels.train, whole.dataset.qrels.train);
    assertEquals(
      smallerTest(whole, { queries: 99, documents: 99 }).test.documents.size,
      40,
    );
  });
});
