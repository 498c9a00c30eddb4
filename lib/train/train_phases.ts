import type { Model } from "../store/model/model.ts";
import { isFolder } from "../store/is_folder.ts";
import { createRun, resumeRun } from "../store/run/run_folder.ts";
import type { LiveTeacher } from "../teach/live_teacher.ts";
import { type PhasedSettings, settingsOfPhase } from "./phases.ts";
import { type Plan, planTraining } from "./plan.ts";
import { type Prepared, prepareTraining } from "./prepare.ts";
import type { TrainSettings } from "./settings.ts";
import type { OpenOptions } from "./training_data.ts";
import { train, type Trained, type TrainOptions } from "./train.ts";

/** How a chain is carried out. */
export interface TrainPhasesOptions extends Omit<TrainOptions, "teach"> {
  /** Loads the teacher of a phase whose settings name one. */
  readonly teacherOf?: (folder: string) => Promise<LiveTeacher>;
}

/** A phase as it will be trained. */
export interface PlannedPhase {
  /** Every setting. */
  readonly settings: TrainSettings;
  /** What it will do. */
  readonly plan: Plan;
}

/** A chain, checked before anything is computed. */
export interface PreparedPhases {
  /** What was asked for. */
  readonly chain: PhasedSettings;
  /** Each phase. */
  readonly planned: readonly PlannedPhase[];
  /** The model that the first phase starts from. */
  readonly model: Model;
}

/** A phase that was trained. */
export interface TrainedPhase {
  /** What the phase gave. */
  readonly trained: Trained;
  /** What it started from. */
  readonly prepared: Prepared;
}

/**
 * Opens what every phase of a chain needs, completes its settings and plans it,
 * so that a fault of the last phase is found before the first begins.
 *
 * @param chain What is shared and what each phase has of its own.
 * @param options Folder of the chain, and of what is kept.
 * @returns The phases, planned.
 * @throws {RangeError} If settings, model and data of a phase do not fit.
 *
 * @example Usage
 * ```ts
 * import { preparePhases } from "#lib/mod.ts";
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
 * const shared = { data: folder, dim: 2, batch: 2, ways: 1, steps: 1 };
 * const phases = [{ loss: "contrastive" }, { loss: "pairwise", ways: 2 }];
 * const { planned } = await preparePhases({ shared, phases }, { out: `${folder}/run` });
 * assertEquals(planned.map(({ settings }) => settings.loss), ["contrastive", "pairwise"]);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function preparePhases(
  chain: PhasedSettings,
  { out, ...opening }: OpenOptions & { readonly out: string },
): Promise<PreparedPhases> {
  const planned: PlannedPhase[] = [];
  let model: Model | undefined;
  for (let phase = 0; phase < chain.phases.length; phase++) {
    const settings = planned.at(-1)?.settings;
    const given = settingsOfPhase(chain, phase, { settings });
    const prepared = await prepareTraining(given, opening);
    model ??= prepared.model;
    planned.push({
      settings: prepared.settings,
      plan: planTraining(prepared, { out: folderOf(out, phase) }),
    });
  }
  return { chain, planned, model: model! };
}

/**
 * Trains in phases, each from the model that the one before it left, with data,
 * loss, optimiser and steps of its own.
 *
 * Phase `i` is a run like any other in the folder `phase-<i>`: settings, metrics,
 * checkpoints, and the optimiser's read-out in `phase-<i>/model`, from which the
 * next phase starts with a fresh optimiser. Killed at any moment, the chain is
 * resumed to the same bits: finished phases stay as they are, and the one under
 * way goes on from its last checkpoint. Every phase is measured against BM25 and
 * the model that the whole chain began with.
 *
 * Source: Chaffin and others 2026 (ColBERT-Zero), section 3: contrastive on
 * unlabelled pairs, contrastive with hard negatives, distillation.
 *
 * @param prepared The chain, from {@linkcode preparePhases}.
 * @param options Folder, teachers, progress, signal.
 * @returns The phases trained in this process; the last one is always among them.
 * @throws {Deno.errors.AlreadyExists} If there is a run and `resume` is not asked for.
 * @throws {RangeError} If the settings are not those of the chain that is resumed.
 *
 * @example Usage
 * ```ts
 * import { preparePhases, trainPhases } from "#lib/mod.ts";
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
 * const shared = { data: folder, dim: 2, batch: 2, steps: 1, "save-every": 0 };
 * const phases = [{ loss: "contrastive", ways: 1 }, { loss: "pairwise", ways: 2 }];
 * const out = `${folder}/run`;
 * const done = await trainPhases(await preparePhases({ shared, phases }, { out }), { out });
 * assertEquals(done.map(({ trained }) => trained.run), [`${out}/phase-1`, `${out}/phase-2`]);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function trainPhases(
  prepared: PreparedPhases,
  options: TrainPhasesOptions,
): Promise<readonly TrainedPhase[]> {
  const { chain: { shared, phases }, planned } = prepared;
  const { out, resume = false, say } = options;
  const stored = { ...shared, phases };
  if (resume) await resumeRun(out, stored);
  else await createRun(out, stored);
  const done: TrainedPhase[] = [];
  for (let phase = 0; phase < planned.length; phase++) {
    const title = `Phase ${phase + 1} of ${planned.length}`;
    const isLast = phase === planned.length - 1;
    if (!isLast && resume && await isFolder(modelOf(out, phase))) {
      say?.(`${title} is finished: ${modelOf(out, phase)}`);
      continue;
    }
    say?.(title);
    done.push(await trainPhase(prepared, phase, options));
  }
  return done;
}

/** Trains one phase from the model that the one before it left. */
async function trainPhase(
  { chain, planned, model }: PreparedPhases,
  phase: number,
  options: TrainPhasesOptions,
): Promise<TrainedPhase> {
  const { out, teacherOf, ...rest } = options;
  const opened = await prepareTraining(
    settingsOfPhase(chain, phase, {
      settings: planned[phase - 1]?.settings,
      model: phase === 0 ? undefined : modelOf(out, phase - 1),
    }),
    options,
  );
  const prepared = phase === 0 ? opened : from(opened, phase - 1);
  const { teacher } = prepared.settings;
  const teach = teacher === "" ? undefined : await teacherOf?.(teacher);
  const { queryForm, documentForm } = prepared.model;
  try {
    const trained = await train(prepared, {
      ...rest,
      out: folderOf(out, phase),
      baseline: { ...model, queryForm, documentForm },
      ...(teach && { teach }),
    });
    return { trained, prepared };
  } finally {
    teach?.dispose();
  }
}

/** The settings name the model by its place in the chain, so that the folder can be moved. */
function from(prepared: Prepared, phase: number): Prepared {
  const model = `../phase-${phase + 1}/model`;
  return { ...prepared, settings: { ...prepared.settings, model } };
}

/** Folder of a phase. */
function folderOf(out: string, phase: number): string {
  return `${out}/phase-${phase + 1}`;
}

/** The model that a phase leaves. */
function modelOf(out: string, phase: number): string {
  return `${folderOf(out, phase)}/model`;
}
