import type { Qrels } from "../eval/run.ts";
import { readLines } from "../store/read_lines.ts";

/** What judgements may speak of. */
export interface Judged {
  /** Query texts by id. */
  readonly queries: ReadonlyMap<string, string>;
  /** Document texts by id. */
  readonly documents: ReadonlyMap<string, string>;
}

/**
 * Reads the judgements of a BEIR split: query id, document id and grade,
 * separated by tabs, with or without the header line; or TREC's four columns,
 * `query 0 document grade`, between tabs or spaces.
 *
 * @param path The file, plain or gzipped.
 * @param judged The queries and documents that the judgements may name.
 * @returns Grades by query id, then document id, in the order of the file.
 * @throws {SyntaxError} If a line has other columns, names an unknown query or
 * document, repeats a pair with another grade, or has a grade that is no whole
 * number; or if a query has no document of a grade above 0.
 *
 * @example Usage
 * ```ts
 * import { readQrels } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const path = await Deno.makeTempFile();
 * await Deno.writeTextFile(path, "query-id\tcorpus-id\tscore\nq\td\t2\n");
 * const texts = { queries: new Map([["q", "a"]]), documents: new Map([["d", "b"]]) };
 * assertEquals((await readQrels(path, texts)).get("q")?.get("d"), 2);
 * await Deno.remove(path);
 * ```
 */
export async function readQrels(path: string, judged: Judged): Promise<Qrels> {
  const qrels = new Map<string, Map<string, number>>();
  const firstLine = new Map<string, number>();
  let started = false;
  for await (const { text, line } of readLines(path)) {
    const isFirst = !started;
    if (text.trim() === "") continue;
    started = true;
    if (isFirst && isHeader(text)) continue;
    const [query, document, grade] = judgement(text, `${path}:${line}`, judged);
    const grades = qrels.get(query) ?? new Map<string, number>();
    if ((grades.get(document) ?? grade) !== grade) {
      throw refuse(
        `${path}:${line}`,
        `one grade for query "${query}" and document "${document}"`,
        `${grades.get(document)} and ${grade}`,
      );
    }
    if (!qrels.has(query)) firstLine.set(query, line);
    qrels.set(query, grades.set(document, grade));
  }
  for (const [query, grades] of qrels) {
    if ([...grades.values()].some((grade) => grade > 0)) continue;
    throw refuse(
      `${path}:${firstLine.get(query)}`,
      `a document of a grade above 0 for query "${query}"`,
      "none",
    );
  }
  if (qrels.size === 0) throw refuse(path, "at least one judgement", "none");
  return qrels;
}

/** Whether a line is BEIR's header. */
function isHeader(text: string): boolean {
  return /^query[-_]?id\t/i.test(text);
}

/** Checks one line. */
function judgement(
  text: string,
  where: string,
  { queries, documents }: Judged,
): readonly [query: string, document: string, grade: number] {
  const columns = columnsOf(text);
  const [query = "", document = "", grade = ""] = columns;
  if (columns.length !== 3) {
    throw refuse(
      where,
      "query id, document id and grade separated by tabs",
      `${columns.length} columns`,
    );
  }
  if (!queries.has(query)) {
    throw refuse(where, "the id of a query", `the unknown "${query}"`);
  }
  if (!documents.has(document)) {
    throw refuse(where, "the id of a document", `the unknown "${document}"`);
  }
  if (!/^-?\d{1,9}$/.test(grade.trim())) {
    throw refuse(where, "a whole number as grade", JSON.stringify(grade));
  }
  return [query, document, Number(grade)];
}

/** BEIR's three columns; of TREC's four the second says nothing. */
function columnsOf(text: string): string[] {
  const byTabs = text.split("\t");
  const all = byTabs.length > 1 ? byTabs : text.trim().split(/ +/);
  if (all.length === 4) return [all[0]!, all[2]!, all[3]!];
  return byTabs;
}

/** The error of a line that does not parse. */
function refuse(where: string, expected: string, got: string): SyntaxError {
  return new SyntaxError(
    `Cannot read ${where}: expected ${expected}, got ${got}`,
  );
}
