import { badLine, type ParsedLine, parseLines } from "./parse_lines.ts";
import { setOnce } from "./parse_run.ts";
import type { Qrels } from "./run.ts";

const WHOLE = /^[+-]?\d{1,9}$/;
/** BEIR's first line. */
const HEADER = /^\ufeff?query-?_?id\tcorpus-?_?id\tscore\r?$/i;

/**
 * Reads judgements: TREC's `query 0 document grade`, or BEIR's three columns
 * `query document grade`, between tabs, with or without its header line.
 *
 * The first line says which; all others must be alike. With tabs, ids may hold
 * spaces.
 *
 * @param text The whole file, decompressed.
 * @param where Its name, for errors.
 * @returns Grades by query, then document, in the order of the file.
 * @throws {SyntaxError} With file and line, if a line has other columns than the
 * first, a grade is not a whole number, or a pair comes twice; or if there is no
 * judgement at all.
 *
 * @example Usage
 * ```ts
 * import { parseQrels } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const beir = parseQrels("query-id\tcorpus-id\tscore\nq1\td7\t2\n", "test.tsv");
 * assertEquals(beir.get("q1")?.get("d7"), 2);
 * assertEquals(parseQrels("q1 0 d7 2\n", "qrels.txt"), beir);
 * ```
 */
export function parseQrels(text: string, where: string): Qrels {
  const [first = ""] = text.split("\n", 1);
  const header = HEADER.test(first);
  const onlyTabs = header || [3, 4].includes(first.split("\t").length);
  const qrels = new Map<string, Map<string, number>>();
  let count = header ? 3 : 0;
  let isHeader = header;
  for (const line of parseLines(text, where, { onlyTabs })) {
    if (isHeader) isHeader = false;
    else {
      if (count === 0) count = firstCount(line);
      const [query, document, grade] = judgement(line, count);
      setOnce(qrels, { query, document, value: grade, at: line.at });
    }
  }
  if (qrels.size === 0) throw badLine(where, "a judgement", "none");
  return qrels;
}

/** Columns of the first judgement: 4 is TREC's form, 3 is BEIR's. */
function firstCount({ columns, at }: ParsedLine): number {
  if (columns.length === 3 || columns.length === 4) return columns.length;
  throw badLine(
    at,
    "4 columns (query 0 document grade) or 3 (query document grade)",
    `${columns.length}`,
  );
}

/** One judgement of a line. */
function judgement(
  { columns, at }: ParsedLine,
  count: number,
): [query: string, document: string, grade: number] {
  if (columns.length !== count) {
    throw badLine(at, `${count} columns as before`, `${columns.length}`);
  }
  const [query = "", document = "", grade = ""] = count === 3
    ? columns
    : [columns[0], columns[2], columns[3]];
  if (query === "" || document === "") {
    throw badLine(at, "a query id and a document id", "an empty one");
  }
  if (!WHOLE.test(grade.trim())) {
    throw badLine(at, "a whole number as grade", JSON.stringify(grade));
  }
  return [query, document, Number(grade)];
}
