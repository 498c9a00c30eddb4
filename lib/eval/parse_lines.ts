/** A line that says something: its columns, and where it stands. */
export interface ParsedLine {
  /** Columns, without the white space between them. */
  readonly columns: readonly string[];
  /** `file:line`, for errors. */
  readonly at: string;
}

const BLANKS = /[ \t\v\f\r]+/;
const EMPTY = /^[ \t\v\f\r]+$|\r$/;

/**
 * The lines of a text, cut into columns.
 *
 * Columns end at spaces or tabs of ASCII only: an ideographic space belongs to an
 * id. A byte order mark and carriage returns are dropped, blank lines skipped.
 *
 * @param text A whole file.
 * @param where Its name, for errors.
 * @param options Whether only tabs end a column, so that ids may hold spaces.
 * @returns Lines with columns, in order.
 *
 * @example Usage
 * ```ts
 * import { parseLines } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([...parseLines("a b\r\n\nc d\n", "x.txt")], [
 *   { columns: ["a", "b"], at: "x.txt:1" },
 *   { columns: ["c", "d"], at: "x.txt:3" },
 * ]);
 * ```
 */
export function* parseLines(
  text: string,
  where: string,
  options: { readonly onlyTabs?: boolean } = {},
): Generator<ParsedLine> {
  const { onlyTabs = false } = options;
  let number = 0;
  for (let start = text.startsWith("\ufeff") ? 1 : 0; start < text.length;) {
    const found = text.indexOf("\n", start);
    const end = found < 0 ? text.length : found;
    const line = text.slice(start, end).replace(EMPTY, "");
    start = end + 1;
    number++;
    if (line === "") continue;
    const columns = onlyTabs
      ? line.split("\t")
      : line.split(BLANKS).filter((column) => column !== "");
    yield { columns, at: `${where}:${number}` };
  }
}

/**
 * The error of a line, or a file, that does not parse.
 *
 * @param at `file:line`.
 * @param expected What would have been right.
 * @param got What stands there.
 * @returns The error, to throw.
 *
 * @example Usage
 * ```ts
 * import { badLine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   badLine("run.trec:3", "6 columns", "2").message,
 *   "Cannot read run.trec:3: expected 6 columns, got 2",
 * );
 * ```
 */
export function badLine(
  at: string,
  expected: string,
  got: string,
): SyntaxError {
  return new SyntaxError(`Cannot read ${at}: expected ${expected}, got ${got}`);
}
