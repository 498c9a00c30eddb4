import { writeLicences } from "../dataset/write_licences.ts";
import { tf } from "../engine/tensor.ts";
import type { Run } from "../eval/run.ts";
import type { Progress } from "../num/progress.ts";
import { optimizerNamed } from "../optim/optimizer_named.ts";
import { saveModel } from "../store/model/save_model.ts";
import { bm25Indexes, untrainedRun, wordsRun } from "./baselines.ts";
import { startingWeights } from "./head.ts";
import type { StepLine } from "./loop.ts";
import { searchCollection } from "../search/search_collection.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import type { Prepared } from "./prepare.ts";
import { startRun } from "./start_run.ts";
import { takeSteps, type TeachableBatch } from "./take_steps.ts";
import { weightsOf } from "./training_state.ts";

/** How a training run is carried out. */
export interface TrainOptions {
  /** Folder of the run. */
  readonly out: string;
  /** Goes on with the run in `out`; default false. */
  readonly resume?: boolean;
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
 * Trains a retriever and measures it: the baselines first, then the steps, then
 * the optimiser's read-out on the test queries.
 *
 * The run folder gets settings, metrics, checkpoints, the trained model and the
 * licences of the data. Killed at any moment, the run can be resumed to the
 * same bits.
 *
 * @param prepared What to train, from `prepareTraining`.
 * @param options Folder, teacher, progress, signal.
 * @returns The model's folder and how it compares.
 */
export async function train(
  prepared: Prepared,
  options: TrainOptions,
): Promise<Trained> {
  const { settings, model, dataset, test } = prepared;
  const { out, say, signal } = options;
  const memory = memoryWatch(options.progress);
  const watched = { progress: memory.progress, ...(signal && { signal }) };
  const words = bm25Indexes(dataset);
  const optimizer = optimizerNamed(settings.optimizer, settings);
  const start = await startRun(prepared, {
    ...options,
    optimizer,
    weights: () => startingWeights(model, dataset, settings),
  });
  say?.(start.says);
  await writeLicences(out, dataset);
  const baselines = {
    bm25: wordsRun(words(test.split), test),
    untrained: await untrainedRun(model, test, {
      ...watched,
      label: "measure untrained",
    }),
  };
  const taken = await takeSteps(prepared, {
    ...options,
    ...watched,
    start,
    optimizer,
    words,
  });
  const { parameters, optimizer: last } = taken.state;
  const readout = optimizer.readout(parameters, last);
  tf.dispose([parameters, last.tensors]);
  await saveModel(`${out}/model`, model, weightsOf(readout));
  const after = await searchCollection(
    { ...model, parameters: readout },
    test,
    {
      ...watched,
      label: "measure trained",
    },
  );
  tf.dispose(readout);
  const runs = { ...baselines, after };
  const { seconds, tokens } = taken;
  return {
    run: out,
    model: `${out}/model`,
    outcome: outcomeOf(runs, test.qrels),
    runs,
    steps: settings.steps,
    seconds,
    tokensPerSecond: seconds > 0 ? tokens / seconds : 0,
    peakMemoryBytes: memory.peak(),
  };
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
