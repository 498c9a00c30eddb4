/**
 * `deno task bench`: seconds of a training step, of encoding documents and of
 * MaxSim, alone or in turns with other systems.
 *
 * @module
 */
import { nearestName } from "../num/nearest_name.ts";
import type { Figure } from "../report/figure.ts";
import {
  type BenchResult,
  type Contest,
  DisagreementError,
  runContest,
} from "./bench/contest.ts";
import { type BenchmarkName, BENCHMARKS } from "./bench/flags.ts";
import { growthPlan, type GrowthResult, runGrowth } from "./bench/growth.ts";
import { type BenchSettings, benchSettings } from "./bench/settings.ts";
import { flagsOrHelp } from "./flags.ts";
import {
  DONE,
  FAILED_CHECK,
  MISTAKE,
  printJson,
  runCommand,
} from "./main_guard.ts";

/** Prepares each benchmark; loaded when it is asked for. */
const CONTESTS: Readonly<
  Record<BenchmarkName, (settings: BenchSettings) => Promise<Contest>>
> = {
  "train-step": async (settings) =>
    (await import("./bench/train_step.ts")).trainStepContest(settings),
  encode: async (settings) =>
    (await import("./bench/encode.ts")).encodeContest(settings),
  "max-sim": async (settings) =>
    (await import("./bench/max_sim.ts")).maxSimContest(settings),
};

const EXAMPLES: Readonly<Record<BenchmarkName, string>> = {
  "train-step":
    "deno task bench train-step --model FOLDER --data FOLDER --against pylate",
  encode:
    "deno task bench encode --model FOLDER --data FOLDER --against pylate,sentence-transformers",
  "max-sim":
    "deno task bench max-sim --growth documents --against torch,maxsim-cpu --figure FILE.svg",
};

const ENVIRONMENT =
  "The peers' environments are made by: bash tests/bench/peers/make_environment.sh";

if (import.meta.main) await runCommand((signal) => bench(Deno.args, signal));

/**
 * Runs the command.
 *
 * @param args The words of the command line.
 * @param signal Stops between two turns.
 * @returns The exit code.
 */
export async function bench(
  args: readonly string[],
  signal?: AbortSignal,
): Promise<number> {
  const [word = "", ...rest] = args;
  if (word === "--help") {
    console.log(overview());
    return DONE;
  }
  if (!Object.hasOwn(BENCHMARKS, word)) return refuse(word);
  const name = word as BenchmarkName;
  const { about, flags } = BENCHMARKS[name];
  const parsed = flagsOrHelp(rest, {
    usage: `Times ${about}.\n\n  ${EXAMPLES[name]}\n\n${ENVIRONMENT}`,
    flags,
  });
  if (parsed === undefined) return DONE;
  const settings = benchSettings(name, parsed.given);
  const run = async (at: BenchSettings) =>
    await runContest(await CONTESTS[name](at), at, signal);
  try {
    if (settings.growth === undefined) {
      await report(await run(settings), settings);
    } else {
      const plan = growthPlan(name, parsed.given);
      const growth = { benchmark: name, growth: settings.growth, run };
      await report(await runGrowth(plan, growth), settings);
    }
    return DONE;
  } catch (error) {
    if (!(error instanceof DisagreementError)) throw error;
    console.error(`error: ${error.message}`);
    return FAILED_CHECK;
  }
}

/** What there is, for `--help` without a benchmark. */
function overview(): string {
  const names = Object.keys(BENCHMARKS) as BenchmarkName[];
  return [
    "Times our work alone, or in turns with other systems at the same work.",
    ...names.map((name) => `${name}: ${BENCHMARKS[name].about}`),
    ...names.map((name) => `  ${EXAMPLES[name]}`),
    ENVIRONMENT,
  ].join("\n");
}

function refuse(word: string): number {
  const known = Object.keys(BENCHMARKS);
  const near = nearestName(word, known);
  console.error(
    `error: Cannot run a benchmark: expected one of ${known.join(", ")}, got ${
      word === "" ? "no name" : word
    }${near ? `; did you mean ${near}?` : ""}`,
  );
  return MISTAKE;
}

/** Prints the result, draws it where that was asked, and ends with JSON. */
async function report(
  result: BenchResult | GrowthResult,
  { figure: path, json }: BenchSettings,
): Promise<void> {
  const { benchFigure, benchText, growthFigure, growthText } = await import(
    "./bench/report.ts"
  );
  const [text, figure] = "points" in result
    ? [growthText(result), () => growthFigure(result)]
    : [benchText(result), () => benchFigure(result)];
  (json ? console.error : console.log)(text);
  if (path !== undefined) await draw(path, figure());
  if (json) printJson(result);
}

async function draw(path: string, figure: Figure): Promise<void> {
  const { writeFigure } = await import("../report/draw_figure.ts");
  await writeFigure(path, figure);
}
