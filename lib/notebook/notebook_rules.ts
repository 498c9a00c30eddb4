import type { NotebookProblem } from "./module_run.ts";
import {
  type CellOutput,
  type Notebook,
  NOTEBOOK_METADATA,
  type NotebookCell,
  notebookText,
  sourceOf,
} from "./notebook_file.ts";

/** The limits that a notebook of the house keeps. */
export const NOTEBOOK_LIMITS = {
  /** Fewest and most cells. */
  cells: [20, 40],
  /** Lines of a code cell, imports not counted. */
  lines: 15,
  /** Code cells in a row without prose. */
  codeInARow: 2,
  /** Bytes of one stored output. */
  output: 200_000,
  /** Bytes of the file. */
  file: 800_000,
} as const;

/** Tags that a cell may have. `live`: its outputs come from a live run, and may differ by machine. */
const TAGS = new Set(["live", "parameters"]);

/** What no stored output may hold: a path of the machine it was made on. */
const MACHINE_PATH =
  /(?:^|[\s"'(=:])(?:\/(?:home|root|Users|tmp|work)\/|file:\/\/|[A-Z]:\\)/;

/**
 * Holds a notebook against the rules of the house that need no run: size,
 * rhythm of prose and code, metadata, outputs.
 *
 * @param notebook The notebook.
 * @returns One problem a broken rule, in the order of the cells.
 *
 * @example Usage
 * ```ts
 * import { notebookProblems, parseNotebook } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const notebook = parseNotebook('{"cells":[],"nbformat":4}', "a.ipynb");
 * assertEquals(notebookProblems(notebook)[0]!.message, "expected 20 to 40 cells, got 0");
 * ```
 */
export function notebookProblems(notebook: Notebook): NotebookProblem[] {
  const cells = [...notebook.cells.entries()];
  return [
    ...fileProblems(notebook),
    ...cells.flatMap(([index, cell]) =>
      cellProblems(cell, notebook.cells.slice(0, index))
        .map((message) => ({ cell: index, message }))
    ),
  ];
}

function fileProblems(notebook: Notebook): NotebookProblem[] {
  const [fewest, most] = NOTEBOOK_LIMITS.cells;
  const { length } = notebook.cells;
  const messages: string[] = [];
  if (length < fewest || length > most) {
    messages.push(`expected ${fewest} to ${most} cells, got ${length}`);
  }
  if (!/^# .*\?/.test(notebook.cells[0]?.source[0] ?? "")) {
    messages.push("expected a first cell whose title asks a question");
  }
  if (JSON.stringify(notebook.metadata) !== JSON.stringify(NOTEBOOK_METADATA)) {
    messages.push(
      "expected the house's metadata; `deno task notebook render` sets it",
    );
  }
  const bytes = notebookText(notebook).length;
  if (bytes > NOTEBOOK_LIMITS.file) {
    messages.push(
      `expected a file of at most ${NOTEBOOK_LIMITS.file} bytes, got ${bytes}`,
    );
  }
  return messages.map((message) => ({ message }));
}

function cellProblems(
  cell: NotebookCell,
  before: readonly NotebookCell[],
): string[] {
  const messages = metadataProblems(cell, before);
  if (sourceOf(cell).trim() === "") {
    messages.push("expected text, got an empty cell");
  }
  if (cell.cell_type !== "code") return messages;
  const lines = codeLines(sourceOf(cell));
  if (lines > NOTEBOOK_LIMITS.lines) {
    messages.push(
      `expected at most ${NOTEBOOK_LIMITS.lines} lines of code, got ${lines}`,
    );
  }
  const row = before.slice(-NOTEBOOK_LIMITS.codeInARow);
  if (
    row.length === NOTEBOOK_LIMITS.codeInARow &&
    row.every(({ cell_type }) => cell_type === "code")
  ) {
    messages.push(
      `expected prose after ${NOTEBOOK_LIMITS.codeInARow} code cells in a row`,
    );
  }
  if ((cell.execution_count ?? null) !== null) {
    messages.push("expected no execution count");
  }
  return [...messages, ...(cell.outputs ?? []).flatMap(outputProblems)];
}

/** Lines of code without its imports, which the formatter sets one name a line. */
function codeLines(source: string): number {
  const code = source.replaceAll(/^import\s[^;]*;\n?/gm, "").trim();
  return code === "" ? 0 : code.split("\n").length;
}

function metadataProblems(
  { id, metadata }: NotebookCell,
  before: readonly NotebookCell[],
): string[] {
  const { tags = [], ...others } = metadata as { tags?: string[] };
  const extra = Object.keys(others);
  const wrong = tags.filter((tag) => !TAGS.has(tag));
  return [
    ...(extra.length > 0
      ? [`expected only tags in the metadata, got ${extra.join(", ")}`]
      : []),
    ...(wrong.length > 0
      ? [`expected tags among ${[...TAGS].join(", ")}, got ${wrong.join(", ")}`]
      : []),
    ...(before.some((other) => other.id === id)
      ? [`expected an id of its own, got "${id}" again`]
      : []),
  ];
}

function outputProblems(output: CellOutput): string[] {
  if (output.output_type === "error") {
    return [`expected no stored error, got ${output.ename}`];
  }
  const text = JSON.stringify(output);
  const messages: string[] = [];
  if (text.length > NOTEBOOK_LIMITS.output) {
    messages.push(
      `expected an output of at most ${NOTEBOOK_LIMITS.output} bytes, got ${text.length}`,
    );
  }
  if (MACHINE_PATH.test(text)) {
    messages.push("expected no path of a machine in an output");
  }
  return messages;
}
