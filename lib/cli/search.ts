import { poolOf, splitOf } from "../dataset/dataset.ts";
import { tf } from "../engine/tensor.ts";
import { checkRunIds, formatRun } from "../eval/format_run.ts";
import { progressBar } from "../report/progress_bar.ts";
import { writeFileAtomically } from "../store/atomic_file.ts";
import { writeError } from "../store/disk_full_error.ts";
import { parentFolder } from "../store/temporary_name.ts";
import { retrieverOf } from "../search/retriever.ts";
import type { VectorCount } from "../search/pooled_documents.ts";
import { searchCollection } from "../search/search_collection.ts";
import type { WardPoolOptions } from "../score/ward_pool.ts";
import { loadDataset } from "../dataset/load_dataset.ts";
import { loadModel } from "../store/model/load_model.ts";
import type { PartsForm } from "../text/document_parts.ts";
import { refuseSetting, type SettingTable } from "../train/setting.ts";
import type { GivenSettings } from "../train/setting_table.ts";
import { ENGINE_FLAG, needFlag, startEngine } from "./engine_flag.ts";
import { COMMON_FLAGS, flagsOrHelp } from "./flags.ts";
import { DONE, printJson, runCommand } from "./main_guard.ts";

const FLAGS: SettingTable = {
  model: { type: "string", help: "a model folder, a hub id, or use-lite" },
  data: { type: "string", help: "a BEIR folder, or wordnet" },
  split: {
    type: "string",
    default: "test",
    help: "whose queries are searched",
  },
  out: { type: "string", help: "the TREC run to write" },
  depth: {
    type: "integer",
    min: 1,
    max: 1e6,
    default: 1000,
    help: "documents kept for each query",
  },
  "part-words": {
    type: "integer",
    min: 1,
    max: 1e6,
    help: "cut documents into parts of so many words",
  },
  "part-stride": {
    type: "integer",
    min: 1,
    max: 1e6,
    help: "words from a part's start to the next's; default half a part",
  },
  parts: {
    type: "string",
    choices: ["max", "first"],
    help:
      "a document's score is its best part's (MaxP, default) or its first's (FirstP)",
  },
  "pool-factor": {
    type: "integer",
    min: 1,
    max: 1e6,
    help:
      "keep 1 vector in so many of a document's: means of Ward's clusters; 1 keeps all",
  },
  "protected-tokens": {
    type: "integer",
    min: 0,
    max: 1e6,
    help: "first tokens of a document that are not pooled; default 1, [CLS]",
  },
  ...ENGINE_FLAG,
  ...COMMON_FLAGS,
};

const USAGE = `Searches a collection exactly, by MaxSim, and writes a TREC run.

  deno task search --model data/runs/wordnet-use-lite-1/model --data wordnet --split test --out run.trec
  deno task search --model data/runs/wordnet-use-lite-1/model --data wordnet --out run.trec --pool-factor 2

With --pool-factor 2 a document is searched by half its vectors: what an index of it
would hold. The result says how many there were and how many are left.`;

/**
 * The command `deno task search`.
 *
 * @param args Its words.
 * @param signal Aborted by Ctrl-C.
 * @returns The exit code.
 */
export async function searchCommand(
  args: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const parsed = flagsOrHelp(args, { usage: USAGE, flags: FLAGS });
  if (parsed === undefined) return DONE;
  const { given } = parsed;
  const out = needFlag(given, "out");
  const split = (given.split ?? "test") as string;
  const source = needFlag(given, "model");
  const [parts, pool] = [partsOf(given), poolingOf(given)];
  const dataset = await loadDataset(needFlag(given, "data"));
  const queries = new Map(
    [...splitOf(dataset, split).keys()]
      .map((id) => [id, dataset.queries.get(id)!]),
  );
  const documents = poolOf(dataset, split);
  checkRunIds("query", queries.keys());
  checkRunIds("document", documents.keys());
  await checkPlace(out);
  await startEngine(given);
  const retriever = retrieverOf(await loadModel(source));
  let vectors: VectorCount = { before: 0, after: 0 };
  const start = performance.now();
  const run = await searchCollection(retriever, { queries, documents }, {
    depth: (given.depth ?? 1000) as number,
    ...parts,
    pool: { ...pool, counted: (count) => vectors = count },
    progress: progressBar(),
    signal,
  });
  const seconds = (performance.now() - start) / 1000;
  tf.dispose(retriever.parameters);
  await writeFileAtomically(out, formatRun(run));
  const sizes = { queries: queries.size, documents: documents.size, vectors };
  printResult(given, { ...sizes, seconds, run: out });
  return DONE;
}

/** What a search comes to. */
interface SearchResult {
  readonly queries: number;
  readonly documents: number;
  readonly vectors: VectorCount;
  readonly seconds: number;
  readonly run: string;
}

/** Says what was searched, to people or to programs. */
function printResult(given: GivenSettings, result: SearchResult): void {
  if (given.json) return printJson(result);
  const { queries, documents, vectors, seconds, run } = result;
  const pooled = given["pool-factor"] === undefined
    ? ""
    : `, ${vectors.before} vectors pooled to ${vectors.after},`;
  console.log(
    `${queries} queries over ${documents} documents${pooled} in ${
      seconds.toFixed(1)
    } s: ${run}`,
  );
}

/** How documents are cut, where that is asked for. */
function partsOf(given: GivenSettings): { readonly parts?: PartsForm } {
  const words = given["part-words"] as number | undefined;
  if (words === undefined) {
    refuseWithout(given, "part-stride", "part-words");
    refuseWithout(given, "parts", "part-words");
    return {};
  }
  const stride = (given["part-stride"] ?? Math.ceil(words / 2)) as number;
  const most = given.parts === "first" ? { most: 1 } : {};
  return { parts: { words, stride, ...most } };
}

/** How vectors are pooled: not at all unless that is asked for. */
function poolingOf(given: GivenSettings): WardPoolOptions {
  const factor = given["pool-factor"] as number | undefined;
  const protectedTokens = (given["protected-tokens"] ?? 1) as number;
  if (factor !== undefined) return { factor, protectedTokens };
  refuseWithout(given, "protected-tokens", "pool-factor");
  return { factor: 1 };
}

/** Refuses a flag that means nothing without another, which is not given. */
function refuseWithout(
  given: GivenSettings,
  flag: string,
  other: string,
): void {
  if (given[flag] === undefined) return;
  throw refuseSetting(`--${flag}`, `--${other} as well`, "none");
}

/** Makes sure that the run can be written, before the long work. */
async function checkPlace(path: string): Promise<void> {
  try {
    await Deno.mkdir(parentFolder(path), { recursive: true });
    const info = await Deno.stat(path).catch(() => undefined);
    if (info !== undefined && !info.isFile) {
      throw new Deno.errors.IsADirectory("a folder or a device");
    }
    const trial = await Deno.makeTempFile({ dir: parentFolder(path) });
    await Deno.remove(trial);
  } catch (error) {
    throw writeError(path, error);
  }
}

if (import.meta.main) {
  await runCommand((signal) => searchCommand(Deno.args, signal));
}
