import { progressBar } from "../report/progress_bar.ts";
import { planTraining } from "../train/plan.ts";
import { prepareTraining } from "../train/prepare.ts";
import { freeRunFolder } from "../train/run_name.ts";
import type { SettingTable, SettingValue } from "../train/setting.ts";
import { TRAIN_SETTINGS } from "../train/setting_table.ts";
import { train } from "../train/train.ts";
import { COMMON_FLAGS, flagsOrHelp } from "./flags.ts";
import { DONE, printJson, runCommand } from "./main_guard.ts";
import { outcomeTable, trainJson } from "./train_report.ts";
import { givenSettings } from "./train_settings.ts";

const FLAGS: SettingTable = {
  ...TRAIN_SETTINGS,
  settings: { type: "string", help: "a JSON file of settings; flags win" },
  out: { type: "string", help: "folder of the run (default below data/runs)" },
  resume: { type: "boolean", help: "go on with the run in --out" },
  "dry-run": { type: "boolean", help: "show the plan and stop" },
  ...COMMON_FLAGS,
};

const USAGE = `Trains a late-interaction retriever and measures it.

  deno task train
  deno task train --model ../models/bert --data ../beir/scifact --steps 200 --seed 2`;

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
  const { settings, overrides } = await givenSettings(given);
  const prepared = await prepareTraining(settings);
  const out = typeof given.out === "string"
    ? given.out
    : await freeRunFolder(prepared.settings);
  const plan = planTraining(prepared, { out });
  plan.lines.forEach(say);
  if (overrides.length > 0) say(`Given    ${overrides.join(", ")}`);
  if (given["dry-run"]) {
    if (given.json) printJson({ run: out, settings: prepared.settings, plan });
    return DONE;
  }
  const teach = await liveTeacher(prepared.settings.teacher);
  const trained = await train(prepared, {
    out,
    resume: given.resume === true,
    ...(teach && { teach }),
    progress: progressBar(),
    say,
    signal,
  });
  if (given.json) {
    printJson(trainJson(trained, prepared));
  } else {
    console.log(outcomeTable(trained, prepared));
  }
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
