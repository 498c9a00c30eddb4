import type { Optimizer } from "../optim/optimizer.ts";
import { readCheckpoint } from "../store/run/checkpoint.ts";
import { createRun, resumeRun } from "../store/run/run_folder.ts";
import type { WeightMap } from "../store/weights/weight_map.ts";
import { parametersOf } from "../search/retriever.ts";
import type { Prepared } from "./prepare.ts";
import type { TrainingState } from "./step.ts";
import { stateOf } from "./training_state.ts";

/** Where a run begins or goes on. */
export interface Start {
  /** Parameters and optimiser. */
  readonly state: TrainingState;
  /** Steps already taken. */
  readonly step: number;
  /** A line for people. */
  readonly says: string;
}

/**
 * Begins a run in a new folder, or takes up the one that is there.
 *
 * @param prepared What is trained.
 * @param options The folder, whether to resume, the optimiser, and how to make
 * the starting weights where they are needed.
 * @returns The state to go on from.
 * @throws {Deno.errors.AlreadyExists} If there is a run and `resume` is not asked for.
 * @throws {RangeError} If the settings are not those of the run.
 * @throws {SyntaxError} If the checkpoint is truncated or altered.
 *
 * @example Usage
 * ```ts
 * import { optimizerNamed, prepareTraining, startingWeights, startRun } from "#lib/mod.ts";
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
 * const prepared = await prepareTraining(given);
 * const { model, dataset, settings } = prepared;
 * const { state, step } = await startRun(prepared, {
 *   out: `${folder}/run`,
 *   optimizer: optimizerNamed(settings.optimizer, settings),
 *   weights: () => startingWeights(model, dataset, settings),
 * });
 * assertEquals([step, state.optimizer.step], [0, 0]);
 * assertEquals(state.parameters["head.weight"]?.shape, [2, 512]);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function startRun(
  prepared: Prepared,
  options: {
    readonly out: string;
    readonly resume?: boolean;
    readonly optimizer: Optimizer;
    readonly weights: () => WeightMap | Promise<WeightMap>;
  },
): Promise<Start> {
  const { out, resume = false, optimizer, weights } = options;
  const settings = { ...prepared.settings };
  const fresh = async (says: string): Promise<Start> => {
    const parameters = parametersOf(await weights());
    const state = { parameters, optimizer: optimizer.init(parameters) };
    return { state, step: 0, says };
  };
  if (!resume) {
    await createRun(out, settings);
    try {
      return await fresh(`Starts at step 0 in ${out}`);
    } catch (error) {
      await Deno.remove(`${out}/settings.json`);
      throw error;
    }
  }
  const { checkpoint } = await resumeRun(out, settings);
  if (checkpoint === undefined) {
    return await fresh(`No complete checkpoint in ${out}: starts at step 0`);
  }
  const { folder, step } = checkpoint;
  const { shapes } = prepared.model.encoder;
  const state = stateOf(await readCheckpoint(folder), {
    where: folder,
    shapes,
    optimizer,
  });
  return { state, step, says: `Resumes at step ${step} from ${folder}` };
}
