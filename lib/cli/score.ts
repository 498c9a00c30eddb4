import { read, tf } from "../engine/tensor.ts";
import { maxSimScores } from "../score/max_sim_scores.ts";
import { loadModel } from "../store/model/load_model.ts";
import { readLines } from "../store/read_lines.ts";
import { packDocuments } from "../text/document_form.ts";
import { packQueries } from "../text/query_form.ts";
import { breathe } from "../search/breathe.ts";
import { type Retriever, retrieverOf } from "../search/retriever.ts";
import type { SettingTable } from "../train/setting.ts";
import { COMMON_FLAGS, flagsOrHelp } from "./flags.ts";
import { ENGINE_FLAG, needFlag, startEngine } from "./engine_flag.ts";
import { DONE, printJson, runCommand } from "./main_guard.ts";

const FLAGS: SettingTable = {
  model: { type: "string", help: "a model folder, a hub id, or use-lite" },
  queries: { type: "string", help: "a file with a query a line" },
  documents: { type: "string", help: "a file with a document a line" },
  ...ENGINE_FLAG,
  ...COMMON_FLAGS,
};

const USAGE = `Scores every query against every document by MaxSim.

  deno task score --model data/runs/wordnet-use-lite-1/model --queries queries.txt --documents documents.txt`;

/** Documents scored at a time. */
const PART = 256;

/**
 * The command `deno task score`.
 *
 * @param args Its words.
 * @param signal Aborted by Ctrl-C.
 * @returns The exit code.
 */
export async function scoreCommand(
  args: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const parsed = flagsOrHelp(args, { usage: USAGE, flags: FLAGS });
  if (parsed === undefined) return DONE;
  const { given } = parsed;
  const model = needFlag(given, "model");
  const queries = await textsOf(needFlag(given, "queries"));
  const documents = await textsOf(needFlag(given, "documents"));
  await startEngine(given);
  const texts = { queries, documents };
  const retriever = retrieverOf(await loadModel(model));
  const scores = await scoreTexts(retriever, texts, signal);
  if (given.json) printJson({ scores });
  else for (const row of scores) console.log(row.join("\t"));
  return DONE;
}

/** Every query against every document, `[queries][documents]`. */
async function scoreTexts(
  retriever: Retriever,
  texts: {
    readonly queries: ReadonlyMap<string, string>;
    readonly documents: ReadonlyMap<string, string>;
  },
  signal: AbortSignal,
): Promise<number[][]> {
  const { encoder, tokenizer, parameters, queryForm, documentForm } = retriever;
  const rows = Array.from(texts.queries, () => [] as number[]);
  const queries = encoder.encode(
    packQueries([...texts.queries.values()], tokenizer, {
      ...queryForm,
      ids: [...texts.queries.keys()],
    }),
    parameters,
  );
  const documents = [...texts.documents];
  for (let first = 0; first < documents.length; first += PART) {
    await breathe();
    signal.throwIfAborted();
    const part = documents.slice(first, first + PART);
    const ids = part.map(([id]) => id);
    const strings = part.map(([, text]) => text);
    const values = read(tf.tidy(() =>
      maxSimScores(
        queries,
        encoder.encode(
          packDocuments(strings, tokenizer, { ...documentForm, ids }),
          parameters,
        ),
      )
    ));
    rows.forEach((row, query) =>
      row.push(...values.slice(query * part.length, (query + 1) * part.length))
    );
  }
  return rows;
}

/** The lines of a file by `file:line`; an empty one is an error that names it. */
async function textsOf(path: string): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for await (const { text, line } of readLines(path)) {
    if (text.trim() === "") {
      throw new SyntaxError(
        `Cannot read ${path}:${line}: expected a text, got an empty line`,
      );
    }
    texts.set(`${path}:${line}`, text);
  }
  if (texts.size === 0) {
    throw new SyntaxError(
      `Cannot read ${path}: expected a text a line, got an empty file`,
    );
  }
  return texts;
}

if (import.meta.main) {
  await runCommand((signal) => scoreCommand(Deno.args, signal));
}
