import { limitDataset } from "../dataset/limit_dataset.ts";
import type { Progress } from "../num/progress.ts";
import { loadModel } from "../store/model/load_model.ts";
import type { Model } from "../store/model/model.ts";
import { prepareTraining } from "../train/prepare.ts";
import type { GivenSettings } from "../train/setting_table.ts";
import { smallerTest } from "../train/smaller_test_bed.ts";
import type { TestBed } from "../train/test_bed.ts";
import { train } from "../train/train.ts";

/** A model trained for an experiment, and what it is to be measured on. */
export interface TrainedForExperiment {
  /** The model, as saved. */
  readonly model: Model;
  /** Queries, documents and judgements of the test. */
  readonly test: TestBed;
}

/**
 * Trains a model for an experiment, without the measuring that a training run
 * does by itself, or takes the one that was trained before.
 *
 * The folder is resumed: killed at any moment, it goes on from its last
 * checkpoint, and a finished one, which keeps no checkpoint, is only loaded.
 *
 * @param settings Of the training, by flag name.
 * @param options Folder of the run; how many queries a split and how many
 * documents to keep, all by default; progress and signal.
 * @returns Model and test.
 *
 * @example Usage
 * ```ts
 * import { trainQuietly } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * await Deno.mkdir(`${folder}/qrels`);
 * const files = {
 *   "corpus.jsonl": '{"_id":"a","text":"cat"}\n{"_id":"b","text":"dog"}',
 *   "queries.jsonl": '{"_id":"q","text":"feline"}\n{"_id":"r","text":"puppy"}',
 *   "qrels/train.tsv": "q\ta\t1\nr\tb\t1",
 *   "qrels/test.tsv": "q\ta\t1\nr\tb\t1",
 * };
 * for (const [name, text] of Object.entries(files)) {
 *   await Deno.writeTextFile(`${folder}/${name}`, text);
 * }
 * const given = { data: folder, dim: 2, batch: 2, ways: 1, steps: 1, "save-every": 0 };
 * const out = `${folder}/run`;
 * const { model, test } = await trainQuietly(given, { out, limit: { queries: 2 } });
 * assertEquals([model.hasHead, test.queries.size], [true, 2]);
 * const again = await trainQuietly(given, { out }); // only loaded
 * assertEquals(again.model.parameters, model.parameters);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function trainQuietly(
  settings: GivenSettings,
  options: {
    readonly out: string;
    readonly limit?: { readonly queries?: number; readonly documents?: number };
    readonly progress?: Progress;
    readonly signal?: AbortSignal;
  },
): Promise<TrainedForExperiment> {
  const { out, limit = {}, progress, signal } = options;
  const whole = await prepareTraining(settings);
  const dataset = limitDataset(whole.dataset, limit);
  const { split } = whole.test;
  const qrels = dataset.qrels[split]!;
  const test: TestBed = {
    queries: new Map(
      [...qrels.keys()].map((id) => [id, dataset.queries.get(id)!]),
    ),
    documents: dataset.documents,
    qrels,
  };
  if (!await isThere(`${out}/model`)) {
    const prepared = { ...whole, dataset, test: { ...test, split } };
    await train(smallerTest(prepared, { queries: 2, documents: 2 }), {
      out,
      resume: true,
      ...(progress && { progress }),
      ...(signal && { signal }),
    });
    await removeCheckpoints(out);
  }
  return { model: await loadModel(`${out}/model`), test };
}

/** Makes room: a finished run is gone on with from its model. */
async function removeCheckpoints(run: string): Promise<void> {
  for await (const { name } of Deno.readDir(run)) {
    if (!name.startsWith("checkpoint-")) continue;
    await Deno.remove(`${run}/${name}`, { recursive: true });
  }
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
