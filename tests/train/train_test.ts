import "#tests/support/permitted.ts";
import {
  assert,
  assertEquals,
  assertGreater,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { tf } from "#lib/engine/tensor.ts";
import { retrieverOf } from "#lib/search/retriever.ts";
import { searchCollection } from "#lib/search/search_collection.ts";
import { loadModel } from "#lib/store/model/load_model.ts";
import { lockFolder } from "#lib/store/run/lock_folder.ts";
import { loadTeacher } from "#lib/teach/live_teacher.ts";
import type { Prepared } from "#lib/train/prepare.ts";
import { train, type Trained, type TrainOptions } from "#lib/train/train.ts";
import { prepareTiny, withTinyFiles } from "./tiny_training.ts";

const ENGINE = { engine: "wasm", steps: 6, "save-every": 4 };

/** Trains, and gives what was said and reported on the way. */
async function watched(
  prepared: Prepared,
  options: TrainOptions,
): Promise<{ trained: Trained; labels: string[]; says: string[] }> {
  const labels: string[] = [];
  const says: string[] = [];
  const trained = await train(prepared, {
    progress: ({ label }) =>
      void (labels.at(-1) === label || labels.push(label)),
    say: (line) => void says.push(line),
    ...options,
  });
  return { trained, labels, says };
}

/** The lines of a run's log. */
function metricsOf(run: string): Record<string, unknown>[] {
  return Deno.readTextFileSync(`${run}/metrics.jsonl`).trimEnd().split("\n")
    .map((line) => JSON.parse(line));
}

Deno.test("train() saves the model that its figures are of, and frees everything", async () => {
  await withTinyFiles(async (files) => {
    const prepared = await prepareTiny(files, { ...ENGINE, "eval-every": 3 });
    const { numTensors } = tf.memory();
    const out = `${files.root}/run`;
    const { trained, labels, says } = await watched(prepared, { out });
    assertEquals(tf.memory().numTensors, numTensors);
    assertEquals(says, [`Starts at step 0 in ${out}`]);
    assertEquals(labels.filter((label) => label !== "encode documents"), [
      "train",
      "measure trained",
      "measure untrained",
    ]);
    assertEquals([trained.run, trained.model, trained.steps], [
      out,
      `${out}/model`,
      6,
    ]);
    assertGreater(trained.tokensPerSecond, 0);
    assertGreater(trained.peakMemoryBytes, 1e7);

    const retriever = retrieverOf(await loadModel(trained.model));
    const again = await searchCollection(retriever, prepared.test, {
      depth: 100,
    });
    tf.dispose(retriever.parameters);
    assertEquals(again, trained.runs.after);
    assertNotEquals(trained.runs.untrained, trained.runs.after);

    const lines = metricsOf(out);
    assertEquals(lines.map(({ step }) => step), [1, 2, 3, 4, 5, 6]);
    const measured = lines.filter(({ dev }) => dev);
    assertEquals(measured.map(({ step }) => step), [3, 6]);
    for (const { dev } of measured) {
      assert(Object.values(dev as object).every(Number.isFinite));
    }
  });
});

Deno.test("train() of a finished run measures it again and takes no step", async () => {
  await withTinyFiles(async (files) => {
    const prepared = await prepareTiny(files, ENGINE);
    const out = `${files.root}/run`;
    const first = await watched(prepared, { out });
    const second = await watched(prepared, { out, resume: true });
    assertStringIncludes(second.says[0]!, "Resumes at step 6");
    assertEquals(second.trained.runs, first.trained.runs);
    assertEquals([second.trained.seconds, second.trained.tokensPerSecond], [
      0,
      0,
    ]);
  });
});

Deno.test("train() with save-every 0 writes no checkpoint, and gives the same model", async () => {
  await withTinyFiles(async (files) => {
    const [with4, with0] = [`${files.root}/4`, `${files.root}/0`];
    await watched(await prepareTiny(files, ENGINE), { out: with4 });
    await watched(await prepareTiny(files, { ...ENGINE, "save-every": 0 }), {
      out: with0,
    });
    const names = (folder: string) =>
      [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assertEquals(names(with0), [
      "lock",
      "metrics.jsonl",
      "model",
      "settings.json",
    ]);
    const weights = (run: string) =>
      Deno.readFileSync(`${run}/model/model.safetensors`);
    assertEquals(weights(with0), weights(with4));
  });
});

Deno.test("train() refuses a test of one query before it trains, and leaves no folder", async () => {
  await withTinyFiles(async (files) => {
    const out = `${files.root}/run`;
    const prepared = await prepareTiny(files, ENGINE);
    const { test } = prepared;
    const qrels = new Map([...test.qrels].slice(0, 1));
    await assertRejects(
      () => train({ ...prepared, test: { ...test, qrels } }, { out }),
      RangeError,
      "Cannot train: expected at least 2 queries in split test of data, to test differences on, got 1",
    );
    await assertRejects(() => Deno.stat(out), Deno.errors.NotFound);
  });
});

Deno.test("train() keeps out of a folder where another run is at work", async () => {
  await withTinyFiles(async (files) => {
    const out = `${files.root}/busy`;
    const lock = await lockFolder(out, "train");
    const prepared = await prepareTiny(files, ENGINE);
    await assertRejects(
      () => train(prepared, { out, resume: true }),
      Deno.errors.Busy,
      `Cannot train in ${out}: expected no other process at work there`,
    );
    lock.release();
    assertEquals([...Deno.readDirSync(out)], []);
  });
});

Deno.test("train() learns from a teacher that scores every batch", async () => {
  await withTinyFiles(async (files) => {
    const plain = await prepareTiny(files, { ...ENGINE, steps: 2 });
    const { trained } = await watched(plain, { out: `${files.root}/teacher` });
    const prepared = await prepareTiny(files, {
      ...ENGINE,
      ways: 4,
      teacher: trained.model,
    });
    assertEquals(prepared.settings.loss, "kl");
    const teach = await loadTeacher(trained.model);
    const asked: number[][] = [];
    const { trained: student } = await watched(prepared, {
      out: `${files.root}/student`,
      teach: (batch) => {
        asked.push([batch.queries.length, batch.documents.length]);
        return teach(batch);
      },
    });
    teach.dispose();
    assertEquals(asked, Array.from({ length: 6 }, () => [8, 32]));
    const losses = metricsOf(student.run).map(({ loss }) => loss as number);
    assert(losses.every((loss) => Number.isFinite(loss) && loss >= 0));
  });
});
