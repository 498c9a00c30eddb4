import type { Qrels } from "../eval/run.ts";
import { readError } from "../store/read_error.ts";
import { plainOrGzipped, readLines } from "../store/read_lines.ts";
import type { Dataset } from "./dataset.ts";
import { readQrels } from "./qrels.ts";
import { readTuples } from "./tuples.ts";

/** Settings of {@link readBeir}. */
export interface BeirOptions {
  /** Splits to read; all that are there by default. */
  readonly splits?: readonly string[];
}

/**
 * Reads a BEIR folder: `corpus.jsonl`, `queries.jsonl`, `qrels/<split>.tsv`,
 * each plain or gzipped, and `tuples.jsonl` with teacher scores where there.
 *
 * A document is its title, a space and its text. Files are read as streams; a
 * fault is an error that names the file and the line.
 *
 * @param folder The folder.
 * @param options Which splits to read.
 * @returns The dataset, named after the folder.
 * @throws {SyntaxError} For a line that is no JSON object, a missing or repeated
 * id, an empty text, a judgement of something unknown, a grade that is no whole
 * number, or a query without a relevant document.
 * @throws {Deno.errors.NotFound} If a file or a split is not there.
 *
 * @example Usage
 * ```ts
 * import { readBeir } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * await Deno.mkdir(`${folder}/qrels`);
 * await Deno.writeTextFile(`${folder}/corpus.jsonl`, '{"_id":"d","title":"A","text":"cat"}');
 * await Deno.writeTextFile(`${folder}/queries.jsonl`, '{"_id":"q","text":"feline"}');
 * await Deno.writeTextFile(`${folder}/qrels/test.tsv`, "q\td\t1\n");
 * const { documents, qrels } = await readBeir(folder);
 * assertEquals(documents.get("d"), "A cat");
 * assertEquals(qrels.test?.get("q")?.get("d"), 1);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function readBeir(
  folder: string,
  { splits }: BeirOptions = {},
): Promise<Dataset> {
  const documents = await readTexts(await beirFile(folder, "corpus.jsonl"));
  const queries = await readTexts(await beirFile(folder, "queries.jsonl"));
  const qrels: Record<string, Qrels> = {};
  for (const split of splits ?? await splitsOf(folder)) {
    const path = await beirFile(folder, `qrels/${split}.tsv`);
    qrels[split] = await readQrels(path, { queries, documents });
  }
  const dataset = { name: baseName(folder), queries, documents, qrels };
  const tuples = await plainOrGzipped(`${folder}/tuples.jsonl`);
  return tuples === undefined
    ? dataset
    : { ...dataset, tuples: await readTuples(tuples, dataset) };
}

/** Reads texts by id from a JSONL file. */
async function readTexts(path: string): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for await (const { text: json, line } of readLines(path)) {
    if (json.trim() === "") continue;
    const where = `${path}:${line}`;
    const { _id: id, title, text } = lineObject(json, where);
    if (typeof id !== "string" || id === "") {
      throw refuse(where, 'a text under "_id"', JSON.stringify(id) ?? "none");
    }
    if (texts.has(id)) {
      throw refuse(where, "every id once", `"${id}" a second time`);
    }
    if (typeof (text ?? "") !== "string" || typeof (title ?? "") !== "string") {
      throw refuse(
        where,
        `texts under "title" and "text" of "${id}"`,
        "others",
      );
    }
    const whole = `${title ?? ""} ${text ?? ""}`.trim();
    if (whole === "") {
      throw refuse(
        where,
        `some text for "${id}"`,
        "an empty one; remove the line",
      );
    }
    texts.set(id, whole);
  }
  if (texts.size === 0) {
    throw refuse(path, "at least one line", "an empty file");
  }
  return texts;
}

/** Parses one line to an object. */
function lineObject(json: string, where: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    value = undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refuse(where, "a JSON object", JSON.stringify(json.slice(0, 60)));
  }
  return value as Record<string, unknown>;
}

/** Names of the splits that a folder has, in order. */
async function splitsOf(folder: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(`${folder}/qrels`)) {
      const split = /^(.+)\.tsv(\.gz)?$/.exec(name)?.[1];
      if (split !== undefined && !names.includes(split)) names.push(split);
    }
  } catch (error) {
    const isMissing = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory;
    if (!isMissing) throw readError(`${folder}/qrels`, error);
  }
  if (names.length > 0) return names.sort();
  throw new Deno.errors.NotFound(
    `Cannot read ${folder}: expected judgements in qrels/<split>.tsv, got none`,
  );
}

/** Path of one of the folder's files, plain or gzipped. */
async function beirFile(folder: string, name: string): Promise<string> {
  const path = await plainOrGzipped(`${folder}/${name}`);
  if (path !== undefined) return path;
  throw new Deno.errors.NotFound(
    `Cannot read ${folder}: expected the BEIR file ${name} or ${name}.gz, got neither`,
  );
}

/** Last part of a path. */
function baseName(folder: string): string {
  return folder.split(/[/\\]/).filter((part) => part !== "" && part !== ".").at(
    -1,
  ) ??
    folder;
}

/** The error of a file or line that does not parse. */
function refuse(where: string, expected: string, got: string): SyntaxError {
  return new SyntaxError(
    `Cannot read ${where}: expected ${expected}, got ${got}`,
  );
}
