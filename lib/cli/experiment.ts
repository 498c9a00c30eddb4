import { useEngine } from "../engine/use_engine.ts";
import type { EngineName } from "../engine/use_engine.ts";
import { type Experiment, type Scale, SCALES } from "../paper/experiment.ts";
import { experimentNamed, EXPERIMENTS } from "../paper/experiments.ts";
import { loadResults } from "../paper/load_results.ts";
import { MOST_SEEDS } from "../paper/noise_seeds.ts";
import { planExperiment, runExperiment } from "../paper/run_experiment.ts";
import { progressBar } from "../report/progress_bar.ts";
import { checkedOutCommit } from "../store/commit.ts";
import type { SettingTable, SettingValue } from "../train/setting.ts";
import { ENGINE_FLAG } from "./engine_flag.ts";
import {
  experimentJson,
  experimentList,
  experimentText,
  plannedText,
} from "./experiment_report.ts";
import { COMMON_FLAGS, flagsOrHelp } from "./flags.ts";
import { DONE, printJson, runCommand } from "./main_guard.ts";

const FLAGS: SettingTable = {
  list: { type: "boolean", help: "show the experiments and stop" },
  report: { type: "boolean", help: "run nothing, report what the ledger has" },
  scale: {
    type: "string",
    choices: SCALES,
    default: "smoke",
    help: "smoke takes seconds to minutes and proves nothing",
  },
  seeds: {
    type: "integer",
    min: 1,
    max: MOST_SEEDS,
    default: 5,
    help: "seeds of every arm; a verdict needs 5",
  },
  twins: {
    type: "boolean",
    help:
      "run the baseline with as many other seeds (A/A); --twins=false leaves it out (default true)",
  },
  ledger: {
    type: "string",
    help:
      "folder of ledgers (default data/results; with scale smoke data/cache/results)",
  },
  work: {
    type: "string",
    default: "data/runs/experiments",
    help: "folder of trained models; what is there is gone on with",
  },
  "dry-run": { type: "boolean", help: "show what is left to do and stop" },
  ...ENGINE_FLAG,
  ...COMMON_FLAGS,
};

const USAGE =
  `Runs an experiment of a paper, keeps every value, and decides its claims.

  deno task experiment S-2 --scale small --seeds 5
  deno task experiment S-2 --scale small --report
  deno task experiment --list

What is finished is in the ledger; stopped at any moment, the same command goes on from there.`;

/**
 * The command `deno task experiment`.
 *
 * @param args Its words.
 * @param signal Aborted by Ctrl-C.
 * @returns The exit code.
 */
export async function experimentCommand(
  args: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const parsed = flagsOrHelp(args, { usage: USAGE, flags: FLAGS, words: 1 });
  if (parsed === undefined) return DONE;
  const { given, words } = parsed;
  if (given.list) return listed(given);
  if (words[0] === undefined) {
    throw new RangeError(
      "Cannot run an experiment: expected its id, got none; see --list",
    );
  }
  const experiment = experimentNamed(words[0]);
  const asked = askedFor(given);
  const say = given.json
    ? (line: string) => console.error(line)
    : (line: string) => console.log(line);
  if (!given.report) {
    const plan = await planExperiment(experiment, asked);
    say(plannedText(experiment, asked, plan));
    if (given["dry-run"]) {
      if (given.json) {
        printJson({
          experiment: experiment.id,
          scale: asked.scale,
          missing: plan.map(({ seed, arms }) => ({
            seed,
            arms: arms.map(({ name }) => name),
          })),
        });
      }
      return DONE;
    }
    if (plan.length > 0) await carriedOut(experiment, given, { say, signal });
  }
  const results = await loadResults(experiment, asked);
  if (given.json) printJson(experimentJson(results));
  else console.log(experimentText(results, asked));
  return DONE;
}

/** Size, seeds and folders as asked for. */
function askedFor(given: Readonly<Record<string, SettingValue>>) {
  const scale = (given.scale ?? "smoke") as Scale;
  return {
    scale,
    seeds: (given.seeds ?? 5) as number,
    twins: given.twins !== false,
    ledger: (given.ledger ??
      (scale === "smoke" ? "data/cache/results" : "data/results")) as string,
  };
}

/** Prints the experiments. */
function listed(given: Readonly<Record<string, SettingValue>>): number {
  if (given.json) {
    printJson(EXPERIMENTS.map(({ id, paper, where, question, scales }) => ({
      id,
      paper,
      where,
      question,
      scales: Object.keys(scales),
    })));
  } else console.log(experimentList(EXPERIMENTS));
  return DONE;
}

/** Runs what is missing. */
async function carriedOut(
  experiment: Experiment,
  given: Readonly<Record<string, SettingValue>>,
  told: { readonly say: (line: string) => void; readonly signal: AbortSignal },
): Promise<void> {
  const wanted = (given.engine ?? experiment.engine) as EngineName | "auto";
  const engine = await useEngine(wanted);
  told.say(`Engine   ${engine.name} on ${engine.device}`);
  await runExperiment(experiment, {
    ...askedFor(given),
    ...told,
    work: (given.work ?? FLAGS.work!.default) as string,
    engine,
    commit: await checkedOutCommit(),
    progress: progressBar(),
  });
}

if (import.meta.main) {
  await runCommand((signal) => experimentCommand(Deno.args, signal));
}
