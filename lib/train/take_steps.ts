import type { Dataset } from "../dataset/dataset.ts";
import { evaluate } from "../eval/evaluate.ts";
import { tf } from "../engine/tensor.ts";
import { hash32 } from "../num/hash.ts";
import type { Progress } from "../num/progress.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import type { Bm25 } from "../search/bm25.ts";
import { writeCheckpoint } from "../store/run/checkpoint.ts";
import { openMetrics } from "../store/run/metrics_log.ts";
import { batchLoss, isDistillation } from "./batch_loss.ts";
import { trainingSet } from "./examples.ts";
import { runLoop, type StepLine } from "./loop.ts";
import { searchCollection } from "../search/search_collection.ts";
import { OUTCOME_MEASURES } from "./outcome.ts";
import type { Prepared } from "./prepare.ts";
import { batchesOf, sourceOrder } from "./source_order.ts";
import type { Start } from "./start_run.ts";
import {
  type StepFigures,
  type TrainingBatch,
  type TrainingState,
  trainStep,
} from "./step.ts";
import { tokeniseBatch } from "./tokenise_batch.ts";
import { drawBatch, type DrawnExample } from "./training_set.ts";
import { checkpointOf } from "./training_state.ts";

/** Checkpoints kept at a time. */
const KEPT_CHECKPOINTS = 2;

/** How the steps of a run are taken. */
export interface TakeStepsOptions {
  /** Folder of the run. */
  readonly out: string;
  /** Where the run starts. */
  readonly start: Start;
  /** The rule. */
  readonly optimizer: Optimizer;
  /** BM25 of a dataset's documents by split, for negatives. */
  readonly words: (dataset: Dataset) => (split: string) => Bm25;
  /** Scores a drawn batch, where a teacher runs live. */
  readonly teach?: (batch: TeachableBatch) => Float32Array;
  /** Told after every step. */
  readonly progress?: Progress;
  /** Given every line as it is recorded. */
  readonly onStep?: (line: StepLine) => void;
  /** Stops after the step under way. */
  readonly signal?: AbortSignal;
}

/** Texts of a batch, for a teacher. */
export interface TeachableBatch {
  /** `[queries]`. */
  readonly queries: readonly string[];
  /** `[queries * ways]`, query-major. */
  readonly documents: readonly string[];
}

/** What the steps gave. */
export interface StepsTaken {
  /** After the last step. */
  readonly state: TrainingState;
  /** Seconds of steps in this process. */
  readonly seconds: number;
  /** Tokens encoded in them. */
  readonly tokens: number;
}

/**
 * Takes the steps of a run that are not taken yet, recording each in
 * `metrics.jsonl` and writing checkpoints.
 *
 * Where memory runs out the run goes on in smaller chunks and says so; every step
 * taken so is recorded with its `chunk`, and checkpoints keep it: what is resumed
 * from one goes on in the same chunks, to the same bits. A halving after the last
 * checkpoint is forgotten with its steps: it comes again, or, where there is more
 * memory by then, does not, and the gradients agree within rounding.
 *
 * @param prepared What is trained.
 * @param options Folder, start, rule, negatives, teacher, progress, signal.
 * @returns The last state, and how long it took.
 *
 * @example Usage
 * ```ts
 * import { bm25, optimizerNamed, prepareTraining, startingWeights, startRun, takeSteps } from "#lib/mod.ts";
 * import { assertEquals, assertGreater } from "@std/assert";
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
 * const prepared = await prepareTraining(given);
 * const { model, dataset, settings } = prepared;
 * const optimizer = optimizerNamed(settings.optimizer, settings);
 * const out = `${folder}/run`;
 * const weights = () => startingWeights(model, dataset, settings);
 * const start = await startRun(prepared, { out, optimizer, weights });
 * const words = () => () => bm25(dataset.documents);
 * const taken = await takeSteps(prepared, { out, start, optimizer, words });
 * assertEquals(taken.state.optimizer.step, 1);
 * assertGreater(taken.tokens, 0);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function takeSteps(
  prepared: Prepared,
  options: TakeStepsOptions,
): Promise<StepsTaken> {
  const { settings } = prepared;
  const { out, start, optimizer, progress, signal } = options;
  using metrics = await openMetrics(`${out}/metrics.jsonl`, start.step);
  let [seconds, tokens] = [0, 0];
  const state = await runLoop(start.state, start.step, {
    ...settings,
    take: stepTaker(prepared, options),
    learningRate: (step) => optimizer.learningRate(step),
    save: async (state, step) => {
      await metrics.sync();
      await writeCheckpoint(out, checkpointOf(state, step), {
        keep: KEPT_CHECKPOINTS,
      });
    },
    evaluate: (state) => measureOnDev(prepared, state, options),
    record: (line) => {
      seconds += line.seconds;
      tokens += line.tokens;
      metrics.append(line);
      options.onStep?.(line);
    },
    ...(progress && { progress }),
    ...(signal && { signal }),
  });
  return { state, seconds, tokens };
}

/** Draws, tokenises and takes one step. */
function stepTaker(
  prepared: Prepared,
  options: TakeStepsOptions,
): (
  state: TrainingState,
  step: number,
) => { readonly state: TrainingState; readonly figures: StepFigures } {
  const { settings, model } = prepared;
  const { accumulate, chunk, dropout: rate, seed } = settings;
  const draw = drawer(prepared, options);
  const loss = batchLoss(settings);
  const key = hash32(seed, 0x64726f70);
  const { progress } = options;
  return (state, step) =>
    trainStep(state, draw(step), {
      say: (note) =>
        progress?.({ label: "train", done: step, total: settings.steps, note }),
      encoder: model.encoder,
      loss,
      optimizer: options.optimizer,
      accumulate,
      chunk,
      ...(rate > 0 && { dropout: { rate, key, step } }),
    });
}

/** Draws the batch of a step from the source whose turn it is. */
function drawer(
  { settings, model, sources }: Prepared,
  { words, teach }: TakeStepsOptions,
): (step: number) => TrainingBatch {
  const { batch, ways, seed, split } = settings;
  const sets = sources.map((source) =>
    trainingSet(source, {
      split,
      distil: isDistillation(settings.loss) && !teach,
      negatives: negativesOf(settings, (split) => words(source)(split)),
    })
  );
  const batches = batchesOf(sets.map(({ size }) => size), batch);
  const at = sourceOrder(batches, seed);
  return (step) => {
    const turn = at(step);
    const [set, dataset] = [sets[turn.source]!, sources[turn.source]!];
    const drawn = drawBatch(set, {
      ...{ step: turn.step, batch, ways, seed },
      ...(sets.length > 1 && { source: `${turn.source}` }),
    });
    const texts = tokeniseBatch(drawn, dataset, model);
    return teach
      ? { ...texts, teacher: teach(textsOf(drawn, dataset)) }
      : texts;
  };
}

function textsOf(
  drawn: readonly DrawnExample[],
  { queries, documents }: Dataset,
): TeachableBatch {
  return {
    queries: drawn.map(({ query }) => queries.get(query)!),
    documents: drawn.flatMap((one) =>
      one.documents.map((id) => documents.get(id)!)
    ),
  };
}

function negativesOf(
  { negatives, split }: Prepared["settings"],
  words: (split: string) => Bm25,
) {
  if (negatives === "given") return "given";
  if (negatives !== "bm25") return "none";
  return (query: string, depth: number) => words(split).search(query, depth);
}

/** The read-out's measures on the dev queries. */
async function measureOnDev(
  { model, dev }: Prepared,
  state: TrainingState,
  { optimizer, signal, progress }: TakeStepsOptions,
): Promise<Readonly<Record<string, number>>> {
  const parameters = optimizer.readout(state.parameters, state.optimizer);
  try {
    const run = await searchCollection({ ...model, parameters }, dev!, {
      label: "measure on dev",
      progress: (report) => report.note && progress?.(report),
      ...(signal && { signal }),
    });
    return evaluate(run, dev!.qrels, {
      measures: OUTCOME_MEASURES,
      complete: true,
    }).mean;
  } finally {
    tf.dispose(parameters);
  }
}
