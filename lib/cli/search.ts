import { poolOf, splitOf } from "../dataset/dataset.ts";
import { tf } from "../engine/tensor.ts";
import { checkRunIds, formatRun } from "../eval/format_run.ts";
import { progressBar } from "../report/progress_bar.ts";
import { writeFileAtomically } from "../store/atomic_file.ts";
import { writeError } from "../store/disk_full_error.ts";
import { parentFolder } from "../store/temporary_name.ts";
import { retrieverOf } from "../search/retriever.ts";
import { searchCollection } from "../search/search_collection.ts";
import { loadDataset } from "../dataset/load_dataset.ts";
import { loadModel } from "../store/model/load_model.ts";
import type { PartsForm } from "../text/document_parts.ts";
import type { SettingTable } from "../train/setting.ts";
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
    help:
      "cut documents into parts of so many words; the best one counts (MaxP)",
  },
  "part-stride": {
    type: "integer",
    min: 1,
    max: 1e6,
    help: "words from a part's start to the next's; default half a part",
  },
  ...ENGINE_FLAG,
  ...COMMON_FLAGS,
};

const USAGE = `Searches a collection exactly, by MaxSim, and writes a TREC run.

  deno task search --model data/runs/wordnet-use-lite-1/model --data wordnet --split test --out run.trec`;

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
  const parts = partsOf(given);
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
  const start = performance.now();
  const run = await searchCollection(retriever, { queries, documents }, {
    depth: (given.depth ?? 1000) as number,
    ...parts,
    progress: progressBar(),
    signal,
  });
  const seconds = (performance.now() - start) / 1000;
  tf.dispose(retriever.parameters);
  await writeFileAtomically(out, formatRun(run));
  const figures = {
    queries: queries.size,
    documents: documents.size,
    seconds,
    run: out,
  };
  if (given.json) printJson(figures);
  else {
    console.log(
      `${queries.size} queries over ${documents.size} documents in ${
        seconds.toFixed(1)
      } s: ${out}`,
    );
  }
  return DONE;
}

/** How documents are cut, where that is asked for. */
function partsOf(
  given: GivenSettings,
): { readonly parts?: PartsForm } {
  const words = given["part-words"] as number | undefined;
  const stride = given["part-stride"] as number | undefined;
  if (words !== undefined) {
    return { parts: { words, stride: stride ?? Math.ceil(words / 2) } };
  }
  if (stride === undefined) return {};
  throw new RangeError(
    "Cannot use --part-stride: expected --part-words as well, got none",
  );
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
