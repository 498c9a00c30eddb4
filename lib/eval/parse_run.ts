import { badLine, parseLines } from "./parse_lines.ts";
import type { Run } from "./run.ts";

/** A decimal number, as C's `strtod` reads it without its special words. */
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/**
 * Reads a run in TREC's format: `query Q0 document rank score name`, a line a
 * retrieved document.
 *
 * The rank column and the order of lines count for nothing (see
 * `rankDocuments`). A file of three columns is one of MS MARCO, which has ranks
 * and no scores: `parseRankedRun` reads it.
 *
 * @param text The whole file, decompressed.
 * @param where Its name, for errors.
 * @returns Scores by query, then document, in the order of the file.
 * @throws {SyntaxError} With file and line, if a line has not six columns, a
 * score is not a finite number, or a query has a document twice; or if there is
 * no line at all.
 *
 * @example Usage
 * ```ts
 * import { parseRun } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const run = parseRun("q1 Q0 d7 1 2.5 bm25\n", "run.trec");
 * assertEquals(run.get("q1")?.get("d7"), 2.5);
 * ```
 */
export function parseRun(text: string, where: string): Run {
  const run = new Map<string, Map<string, number>>();
  for (const { columns, at } of parseLines(text, where)) {
    if (columns.length !== 6) throw badColumns(at, columns.length);
    const [query, , document, , written] = columns as [
      string,
      string,
      string,
      string,
      string,
    ];
    const score = DECIMAL.test(written) ? Number(written) : NaN;
    if (!Number.isFinite(score)) {
      throw badLine(at, "a finite number as score", JSON.stringify(written));
    }
    setOnce(run, { query, document, value: score, at });
  }
  if (run.size === 0) throw badLine(where, "a retrieved document", "none");
  return run;
}

/**
 * Puts one value into a map of maps, and refuses a second for the same pair.
 *
 * @param table Values by query, then document; changed.
 * @param entry The pair, its value, and where it was read.
 * @throws {SyntaxError} If the pair has a value already.
 *
 * @example Usage
 * ```ts
 * import { setOnce } from "#lib/mod.ts";
 * import { assertThrows } from "@std/assert";
 *
 * const table = new Map();
 * setOnce(table, { query: "q", document: "d", value: 1, at: "x:1" });
 * assertThrows(
 *   () => setOnce(table, { query: "q", document: "d", value: 1, at: "x:2" }),
 *   SyntaxError,
 *   "Cannot read x:2",
 * );
 * ```
 */
export function setOnce(
  table: Map<string, Map<string, number>>,
  entry: {
    readonly query: string;
    readonly document: string;
    readonly value: number;
    readonly at: string;
  },
): void {
  const { query, document, value, at } = entry;
  const row = table.get(query) ?? new Map<string, number>();
  if (row.has(document)) {
    throw badLine(
      at,
      "each document once for a query",
      `document "${document}" again for query "${query}"`,
    );
  }
  table.set(query, row.set(document, value));
}

/** The error of a line that is none of a TREC run. */
function badColumns(at: string, count: number): SyntaxError {
  const hint = count === 3 ? " (an MS MARCO run has ranks, not scores)" : "";
  return badLine(
    at,
    "6 columns: query Q0 document rank score name",
    `${count}${hint}`,
  );
}
