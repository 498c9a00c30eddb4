import { compareRuns } from "../eval/compare_runs.ts";
import { DEFAULT_MEASURES, evaluate } from "../eval/evaluate.ts";
import { parseRankedRun, scoredByRank } from "../eval/ms_marco_mrr.ts";
import { parseQrels } from "../eval/parse_qrels.ts";
import { parseRun } from "../eval/parse_run.ts";
import type { Run } from "../eval/run.ts";
import { tieRange } from "../eval/tie_range.ts";
import { readLines } from "../store/read_lines.ts";
import type { SettingTable, SettingValue } from "../train/setting.ts";
import { evalJson, type EvalResult, evalText } from "./eval_report.ts";
import { COMMON_FLAGS, flagsOrHelp } from "./flags.ts";
import { DONE, printJson, runCommand } from "./main_guard.ts";

const FLAGS: SettingTable = {
  run: { type: "string", help: "the run to measure" },
  qrels: { type: "string", help: "the judgements" },
  compare: { type: "string", help: "a run to compare it with" },
  measures: {
    type: "string",
    default: DEFAULT_MEASURES.join(","),
    help: "names with commas between: ndcg_cut_K map_cut_K recip_rank_cut_K " +
      "recall_K P_K success_K ndcg map recip_rank",
  },
  level: {
    type: "integer",
    min: 1,
    default: 1,
    help: "lowest grade that counts as relevant; ndcg does not use it",
  },
  complete: {
    type: "boolean",
    help: "judged queries that the run lacks count as 0",
  },
  ...COMMON_FLAGS,
};

const USAGE =
  `Measures a run against judgements as trec_eval does, and says how far ties could move it.

  deno task eval --run run.trec --qrels qrels.trec
  deno task eval --run new.trec.gz --compare old.trec.gz --qrels test.tsv --measures ndcg_cut_10,recip_rank

Files, plain or .gz: runs of TREC (query Q0 document rank score name) or MS MARCO (query document
rank); judgements of TREC (query 0 document grade) or BEIR (query-id, corpus-id, score, with tabs).
MS MARCO's MRR@10 is --measures recip_rank_cut_10 --complete on its run file.`;

/**
 * The command `deno task eval`.
 *
 * @param args Its words.
 * @param signal Aborted by Ctrl-C.
 * @returns The exit code.
 */
export async function evalCommand(
  args: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const parsed = flagsOrHelp(args, { usage: USAGE, flags: FLAGS });
  if (parsed === undefined) return DONE;
  const { given } = parsed;
  const result = await measured(given, signal);
  if (given.json) {
    console.error(evalText(result));
    printJson(evalJson(result));
  } else {
    console.log(evalText(result));
  }
  return DONE;
}

/** Reads the files and measures. */
async function measured(
  given: Readonly<Record<string, SettingValue>>,
  signal: AbortSignal,
): Promise<EvalResult> {
  const paths = { run: needed(given, "run"), qrels: needed(given, "qrels") };
  const options = {
    measures: listed(given.measures),
    relevanceLevel: (given.level ?? 1) as number,
    complete: given.complete === true,
  };
  const qrels = parseQrels(await fileText(paths.qrels), paths.qrels);
  const run = await readRun(paths.run);
  const evaluation = evaluate(run, qrels, options);
  await pause(signal);
  const ties = tieRange(run, qrels, options);
  const missing = qrels.size - evaluation.queries;
  if (typeof given.compare !== "string") return { evaluation, ties, missing };
  const other = await readRun(given.compare);
  await pause(signal);
  const comparison = compareRuns(run, other, { ...options, qrels });
  return { evaluation, ties, comparison, missing };
}

/** Names with commas between. */
function listed(names: SettingValue | undefined): readonly string[] {
  if (typeof names !== "string") return DEFAULT_MEASURES;
  return names.split(",").map((name) => name.trim())
    .filter((name) => name !== "");
}

/** A flag that must be there. */
function needed(
  given: Readonly<Record<string, SettingValue>>,
  name: string,
): string {
  const value = given[name];
  if (typeof value === "string") return value;
  throw new RangeError(
    `Cannot evaluate: expected --${name} FILE, got none; see --help`,
  );
}

/** A run of either form: three columns in the first line are MS MARCO's. */
async function readRun(path: string): Promise<Run> {
  const text = await fileText(path);
  const columns = text.trimStart().split("\n", 1)[0]!.trim().split(/[ \t]+/);
  return columns.length === 3
    ? scoredByRank(parseRankedRun(text, path))
    : parseRun(text, path);
}

/** The text of a file, plain or gzipped. */
async function fileText(path: string): Promise<string> {
  const lines = await Array.fromAsync(readLines(path), ({ text }) => text);
  return lines.join("\n");
}

/** Lets Ctrl-C be heard between long computations. */
async function pause(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
  signal.throwIfAborted();
}

if (import.meta.main) {
  await runCommand((signal) => evalCommand(Deno.args, signal));
}
