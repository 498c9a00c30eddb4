import { progressBar } from "../report/progress_bar.ts";
import { KEPT_FOLDER } from "../store/kept.ts";
import { planTraining } from "../train/plan.ts";
import { prepareTraining } from "../train/prepare.ts";
import { freeRunFolder } from "../train/run_name.ts";
import type { SettingTable, SettingValue } from "../train/setting.ts";
import { TRAIN_SETTINGS } from "../train/setting_table.ts";
import { train } from "../train/train.ts";
import { preparePhases, trainPhases } from "../train/train_phases.ts";
import { COMMON_FLAGS, flagsOrHelp } from "./flags.ts";
import { DONE, printJson, runCommand } from "./main_guard.ts";
import { outcomeTable, trainJson } from "./train_report.ts";
import { type CollectedSettings, givenSettings } from "./train_settings.ts";

const FLAGS: SettingTable = {
  ...TRAIN_SETTINGS,
  settings: {
    type: "string",
    help:
      'a JSON file of settings; flags win. "phases": a list of settings that are trained in turn',
  },
  out: { type: "string", help: "folder of the run (default below data/runs)" },
  resume: { type: "boolean", help: "go on with the run in --out" },
  "dry-run": { type: "boolean", help: "show the plan and stop" },
  ...COMMON_FLAGS,
};

const USAGE = `Trains a late-interaction retriever and measures it.

  deno task train
  deno task train --model ../models/bert --data ../beir/scifact --steps 200 --seed 2
  deno task train --settings phases.json --out data/runs/three-phases --resume

A new head and the parsed WordNet are kept in ${KEPT_FOLDER} for the next run.`;

/** What a command line asked for, and where its lines go. */
interface Asked {
  /** Values by flag name. */
  readonly given: Readonly<Record<string, SettingValue>>;
  /** Prints a line for people. */
  readonly say: (line: string) => void;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/**
 * The command `deno task train`.
 *
 * @param args Its words.
 * @param signal Aborted by Ctrl-C.
 * @returns The exit code.
 */
export async function trainCommand(
  args: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const parsed = flagsOrHelp(args, { usage: USAGE, flags: FLAGS });
  if (parsed === undefined) return DONE;
  const { given } = parsed;
  const say = given.json
    ? (line: string) => console.error(line)
    : (line: string) => console.log(line);
  const settings = await givenSettings(given);
  const asked = { given, say, signal };
  return await (settings.phases.length > 0
    ? phasesCommand(settings, asked)
    : runOf(settings, asked));
}

/** Trains one run. */
async function runOf(
  { shared, overrides }: CollectedSettings,
  { given, say, signal }: Asked,
): Promise<number> {
  const prepared = await prepareTraining(shared, { cache: KEPT_FOLDER, say });
  const out = typeof given.out === "string"
    ? given.out
    : await freeRunFolder(prepared.settings);
  const plan = planTraining(prepared, { out });
  plan.lines.forEach(say);
  if (overrides.length > 0) say(`Given    ${overrides.join(", ")}`);
  const teach = await liveTeacher(prepared.settings.teacher);
  if (given["dry-run"]) {
    teach?.dispose();
    if (given.json) printJson({ run: out, settings: prepared.settings, plan });
    return DONE;
  }
  const trained = await train(prepared, {
    ...{ out, say, signal, cache: KEPT_FOLDER },
    resume: given.resume === true,
    ...(teach && { teach }),
    progress: progressBar(),
  });
  if (given.json) printJson(trainJson(trained, prepared));
  else console.log(outcomeTable(trained, prepared));
  return DONE;
}

/** Trains a chain of phases. */
async function phasesCommand(
  { overrides, ...chain }: CollectedSettings,
  { given, say, signal }: Asked,
): Promise<number> {
  const { data = "wordnet", model = "use-lite" } = chain.shared;
  const out = typeof given.out === "string"
    ? given.out
    : await freeRunFolder({ data: `${data}`, model: `${model}` });
  const prepared = await preparePhases(chain, { out, say, cache: KEPT_FOLDER });
  prepared.planned.forEach(({ plan }, phase) => {
    say(`Phase ${phase + 1} of ${prepared.planned.length}`);
    plan.lines.forEach((line) => say(`  ${line}`));
  });
  if (overrides.length > 0) say(`Given    ${overrides.join(", ")}`);
  // A later phase's teacher is found to be none before the first phase is trained.
  const teachers = prepared.planned.map(({ settings }) => settings.teacher);
  for (const one of new Set(teachers)) (await liveTeacher(one))?.dispose();
  if (given["dry-run"]) {
    if (given.json) printJson({ run: out, phases: prepared.planned });
    return DONE;
  }
  const phases = await trainPhases(prepared, {
    ...{ out, say, signal, cache: KEPT_FOLDER },
    resume: given.resume === true,
    teacherOf: async (folder) => (await liveTeacher(folder))!,
    progress: progressBar(),
  });
  const results = phases.map((one) => trainJson(one.trained, one.prepared));
  const last = phases.at(-1)!;
  if (given.json) {
    printJson({ ...results.at(-1) as object, run: out, phases: results });
  } else console.log(outcomeTable(last.trained, last.prepared));
  return DONE;
}

/** The teacher of `--teacher`, loaded only where it is asked for. */
async function liveTeacher(folder: SettingValue) {
  if (typeof folder !== "string" || folder === "") return undefined;
  const { loadTeacher } = await import("../teach/live_teacher.ts");
  return await loadTeacher(folder);
}

if (import.meta.main) {
  await runCommand((signal) => trainCommand(Deno.args, signal));
}
