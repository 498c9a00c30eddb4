import { writeFileAtomically } from "../store/atomic_file.ts";

/** One output of a cell, as nbformat 4 keeps it. */
export type CellOutput =
  | { output_type: "stream"; name: string; text: string[] }
  | {
    output_type: "display_data" | "execute_result";
    data: Record<string, unknown>;
    metadata: Record<string, unknown>;
    execution_count?: number | null;
  }
  | {
    output_type: "error";
    ename: string;
    evalue: string;
    traceback: string[];
  };

/** One cell, as nbformat 4 keeps it. */
export interface NotebookCell {
  /** Kind of cell. */
  cell_type: "markdown" | "code" | "raw";
  /** Its name, one of a kind in the notebook. */
  id: string;
  /** Such as `tags`. */
  metadata: Record<string, unknown>;
  /** Its text, in lines that keep their line breaks. */
  source: string[];
  /** Only in code cells: what was shown. */
  outputs?: CellOutput[];
  /** Only in code cells: the kernel's count, `null` where it does not matter. */
  execution_count?: number | null;
}

/** A notebook file, nbformat 4.5. */
export interface Notebook {
  /** In order. */
  cells: NotebookCell[];
  /** Kernel and language. */
  metadata: Record<string, unknown>;
  /** Always 4. */
  nbformat: number;
  /** At least 5, so that cells have ids. */
  nbformat_minor: number;
}

/** The metadata of every notebook of the house: no versions, which differ by machine. */
export const NOTEBOOK_METADATA = {
  kernelspec: { display_name: "Deno", language: "typescript", name: "deno" },
  language_info: {
    file_extension: ".ts",
    mimetype: "text/x.typescript",
    name: "typescript",
  },
} as const;

/**
 * Reads a notebook's text.
 *
 * @param text The file's content.
 * @param where Its name, for errors.
 * @returns The notebook; sources are lists of lines, whichever form the file has.
 * @throws {SyntaxError} If it is not JSON, or not a notebook of format 4.
 *
 * @example Usage
 * ```ts
 * import { parseNotebook } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const text = '{"cells":[{"cell_type":"markdown","source":"# A\\nb"}],"nbformat":4}';
 * assertEquals(parseNotebook(text, "a.ipynb").cells[0]!.source, ["# A\n", "b"]);
 * ```
 */
export function parseNotebook(text: string, where: string): Notebook {
  const file = parseJson(text, where);
  if (file?.nbformat !== 4 || !Array.isArray(file.cells)) {
    throw new SyntaxError(
      `Cannot read ${where}: expected a notebook of format 4, got ${
        text.slice(0, 40)
      }`,
    );
  }
  return {
    cells: file.cells.map((cell: NotebookCell, i: number) => cellOf(cell, i)),
    metadata: file.metadata ?? {},
    nbformat: 4,
    nbformat_minor: Math.max(5, Number(file.nbformat_minor ?? 0)),
  };
}

/**
 * Reads a notebook file.
 *
 * @param path Ends in `.ipynb`.
 * @returns The notebook.
 * @throws {Deno.errors.NotFound} If there is no such file.
 * @throws {SyntaxError} If it is not a notebook.
 */
export async function readNotebook(path: string): Promise<Notebook> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Deno.errors.NotFound(
      `Cannot read ${path}: expected a notebook, got no such file`,
    );
  }
  return parseNotebook(text, path);
}

/**
 * A notebook as Jupyter writes it: keys in order, one space of indent, so that
 * saving it in JupyterLab changes no line by itself.
 *
 * @param notebook The notebook.
 * @returns The file's text.
 *
 * @example Usage
 * ```ts
 * import { notebookText, parseNotebook } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const notebook = parseNotebook('{"cells":[],"nbformat":4}', "a.ipynb");
 * assertEquals(notebookText(notebook).split("\n")[1], ' "cells": [],');
 * ```
 */
export function notebookText(notebook: Notebook): string {
  return `${JSON.stringify(notebook, inOrder, 1)}\n`;
}

/**
 * Writes a notebook file, whole or not at all.
 *
 * @param path Where.
 * @param notebook What.
 */
export async function writeNotebook(
  path: string,
  notebook: Notebook,
): Promise<void> {
  await writeFileAtomically(path, notebookText(notebook));
}

/**
 * The text of a cell.
 *
 * @param cell Any cell.
 *
 * @example Usage
 * ```ts
 * import { parseNotebook, sourceOf } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const text = '{"cells":[{"cell_type":"markdown","source":["a\\n","b"]}],"nbformat":4}';
 * assertEquals(sourceOf(parseNotebook(text, "a.ipynb").cells[0]!), "a\nb");
 * ```
 */
export function sourceOf(cell: NotebookCell): string {
  return cell.source.join("");
}

/**
 * A text in lines that keep their line breaks, as nbformat wants them.
 *
 * @param text Any text.
 *
 * @example Usage
 * ```ts
 * import { linesOf } from "#lib/notebook/notebook_file.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(linesOf("a\nb"), ["a\n", "b"]);
 * ```
 */
export function linesOf(text: string): string[] {
  return text === "" ? [] : text.split(/(?<=\n)/);
}

// deno-lint-ignore no-explicit-any -- foreign JSON, checked by the caller
function parseJson(text: string, where: string): any {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(
      `Cannot read ${where}: expected JSON, got ${(error as Error).message}`,
    );
  }
}

function cellOf(cell: NotebookCell, index: number): NotebookCell {
  const source = [cell.source ?? []].flat().join("");
  const common = {
    cell_type: cell.cell_type,
    id: cell.id ?? `c${String(index).padStart(2, "0")}`,
    metadata: cell.metadata ?? {},
    source: linesOf(source),
  };
  if (cell.cell_type !== "code") return common;
  return {
    ...common,
    execution_count: cell.execution_count ?? null,
    outputs: cell.outputs ?? [],
  };
}

/** Objects with their keys in order; lists stay as they are. */
function inOrder(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return value;
  }
  const entries = Object.entries(value);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
  );
}
