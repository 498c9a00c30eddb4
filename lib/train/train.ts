import type { Dataset } from "../dataset/dataset.ts";
import { writeLicences } from "../dataset/write_licences.ts";
import { tf } from "../engine/tensor.ts";
import type { Run } from "../eval/run.ts";
import type { Progress } from "../num/progress.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { optimizerNamed } from "../optim/optimizer_named.ts";
import type { Bm25 } from "../search/bm25.ts";
import { searchCollection } from "../search/search_collection.ts";
import { lockFolder } from "../store/run/lock_folder.ts";
import type { Model } from "../store/model/model.ts";
import type { WeightMap } from "../store/weights/weight_map.ts";
import { saveModel } from "../store/model/save_model.ts";
import { bm25Indexes, untrainedRun, wordsRun } from "./baselines.ts";
import { keptStartingWeights } from "./head.ts";
import type { StepLine } from "./loop.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import type { Prepared } from "./prepare.ts";
import { startRun } from "./start_run.ts";
import type { TrainingState } from "./step.ts";
import { takeSteps, type TeachableBatch } from "./take_steps.ts";
import { weightsOf } from "./training_state.ts";

/** How a training run is carried out. */
export interface TrainOptions {
  /** Folder of the run. */
  readonly out: string;
  /** Goes on with the run in `out`; default false. */
  readonly resume?: boolean;
  /** Folder where a new head is kept for the next run. Default: none. */
  readonly cache?: string | undefined;
  /** What the trained model is compared with besides BM25. Default: the model as it came. */
  readonly baseline?: Model;
  /** Scores every batch, where a teacher runs live. */
  readonly teach?: (batch: TeachableBatch) => Float32Array;
  /** Told of every part of long work. */
  readonly progress?: Progress;
  /** Given a line for people now and then. */
  readonly say?: (line: string) => void;
  /** Given every step as it is recorded. */
  readonly onStep?: (line: StepLine) => void;
  /** Stops after the step under way, with a checkpoint. */
  readonly signal?: AbortSignal;
}

/** What a training run gave. */
export interface Trained {
  /** The run's folder. */
  readonly run: string;
  /** Folder of the trained model. */
  readonly model: string;
  /** Against the baselines, on the test queries. */
  readonly outcome: Outcome;
  /** The rankings that the outcome was measured on. */
  readonly runs: Readonly<Record<"bm25" | "untrained" | "after", Run>>;
  /** Optimisation steps in all. */
  readonly steps: number;
  /** Seconds of training steps in this process. */
  readonly seconds: number;
  /** Tokens encoded a second of training; 0 where no step was left to take. */
  readonly tokensPerSecond: number;
  /** Largest memory of the process seen, bytes. */
  readonly peakMemoryBytes: number;
}

/**
 * Trains a retriever and measures it: the steps first, then the optimiser's
 * read-out and the baselines on the test queries.
 *
 * The run folder gets settings, metrics, checkpoints, the trained model and the
 * licences of the data. Killed at any moment, the run can be resumed to the
 * same bits.
 *
 * @param prepared What to train, from `prepareTraining`.
 * @param options Folder, teacher, progress, signal.
 * @returns The model's folder and how it compares.
 * @throws {RangeError} If there are fewer than two queries to compare systems on.
 * @throws {Deno.errors.Busy} If another process trains in the folder.
 *
 * @example Usage
 * ```ts
 * import { prepareTraining, train } from "#lib/mod.ts";
 * import { assert, assertEquals } from "@std/assert";
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
 * const { steps, model, runs } = await train(await prepareTraining(given), { out: `${folder}/run` });
 * assertEquals([steps, model], [1, `${folder}/run/model`]);
 * assert(runs.after.get("q")!.has("a"));
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function train(
  prepared: Prepared,
  options: TrainOptions,
): Promise<Trained> {
  const { settings, dataset, test } = prepared;
  if (test.qrels.size < 2) {
    throw new RangeError(
      `Cannot train: expected at least 2 queries in split ${test.split} of ${dataset.name}, to test differences on, got ${test.qrels.size}`,
    );
  }
  const optimizer = optimizerNamed(settings.optimizer, settings);
  const lock = await lockFolder(options.out, "train");
  try {
    return await trainAlone(prepared, { ...options, optimizer });
  } finally {
    lock.release();
  }
}

/** Trains in a folder that nobody else works in. */
async function trainAlone(
  prepared: Prepared,
  options: TrainOptions & { readonly optimizer: Optimizer },
): Promise<Trained> {
  const { settings, dataset, sources, test } = prepared;
  const memory = memoryWatch(options.progress);
  const watched = { ...options, progress: memory.progress };
  const words = indexesOf([dataset, ...sources]);
  const { optimizer } = options;
  const start = await startRun(prepared, {
    ...options,
    weights: () => firstWeights(prepared, options),
  });
  options.say?.(start.says);
  for (const used of new Set([dataset, ...sources])) {
    await writeLicences(options.out, used);
  }
  const taken = await takeSteps(prepared, {
    ...watched,
    ...{ start, optimizer, words },
  });
  const after = await saveAndMeasure(prepared, taken.state, [
    optimizer,
    watched,
  ]);
  const untrained = await measureUntrained(prepared, watched);
  const bm25 = wordsRun(words(dataset)(test.split), test);
  const [runs, { seconds, tokens }] = [{ bm25, untrained, after }, taken];
  return {
    run: options.out,
    model: `${options.out}/model`,
    outcome: outcomeOf(runs, test.qrels),
    runs,
    steps: settings.steps,
    seconds,
    tokensPerSecond: seconds > 0 ? tokens / seconds : 0,
    peakMemoryBytes: memory.peak(),
  };
}

/** The model's weights, a new head made or taken from where it is kept. */
function firstWeights(
  { engine, model, settings, sources }: Prepared,
  { cache: folder, say }: TrainOptions,
): Promise<WeightMap> {
  const { split, seed, precision } = settings;
  const on = `${engine.name} on ${engine.device}, ${precision}`;
  return keptStartingWeights(model, sources[0]!, { split, seed, on }, {
    folder,
    say,
  });
}

/** BM25 of each dataset, made when first asked for. */
function indexesOf(
  datasets: readonly Dataset[],
): (dataset: Dataset) => (split: string) => Bm25 {
  const indexes = new Map(
    datasets.map((dataset) => [dataset, bm25Indexes(dataset)]),
  );
  return (dataset) => indexes.get(dataset)!;
}

/** Measures what the run is compared with. */
function measureUntrained(
  { model, test }: Prepared,
  { baseline = model, progress, signal }: TrainOptions,
): Promise<Run> {
  return untrainedRun(baseline, test, {
    label: "measure untrained",
    ...(progress && { progress }),
    ...(signal && { signal }),
  });
}

/** Saves the read-out, measures it and frees everything. */
async function saveAndMeasure(
  { model, test }: Prepared,
  { parameters, optimizer: memory }: TrainingState,
  [optimizer, { out, progress, signal }]: readonly [Optimizer, TrainOptions],
): Promise<Run> {
  const readout = optimizer.readout(parameters, memory);
  tf.dispose([parameters, memory.tensors]);
  try {
    await saveModel(`${out}/model`, model, weightsOf(readout));
    return await searchCollection({ ...model, parameters: readout }, test, {
      label: "measure trained",
      ...(progress && { progress }),
      ...(signal && { signal }),
    });
  } finally {
    tf.dispose({ ...readout });
  }
}

/** Looks at the memory of the process whenever there is progress. */
function memoryWatch(
  inner?: Progress,
): { readonly progress: Progress; readonly peak: () => number } {
  let peak = 0;
  const look = () => peak = Math.max(peak, Deno.memoryUsage().rss);
  const progress: Progress = (report) => {
    look();
    inner?.(report);
  };
  return { progress, peak: look };
}
