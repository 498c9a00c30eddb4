import { type Notebook, sourceOf } from "./notebook_file.ts";

/** A place in a notebook. */
export interface NotebookPlace {
  /** Place of the cell among all cells, from 0. */
  readonly cell: number;
  /** Line in the cell, from 1. */
  readonly line: number;
}

/** A notebook's code as one module. */
export interface ExtractedModule {
  /** TypeScript. */
  readonly text: string;
  /**
   * Where a line of the module stands in the notebook.
   *
   * @param line From 1.
   */
  placeOf(line: number): NotebookPlace | undefined;
}

/** How a module is extracted. */
export interface ExtractOptions {
  /** Code before the first cell, on one line. */
  readonly before?: string;
  /** Code before each cell, on one line, by the cell's place among all cells. */
  readonly mark?: (cell: number) => string;
  /** Code after the last cell, on one line. */
  readonly after?: string;
}

/**
 * Joins the code cells of a notebook into one module, to be type-checked and
 * run without a kernel.
 *
 * @param notebook The notebook.
 * @param options Code to put between the cells.
 * @returns The module, and the way back from its lines to the cells.
 *
 * @example Usage
 * ```ts
 * import { extractModule, parseNotebook } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const cells = [{ cell_type: "code", source: "const a = 1;\nconst b: string = a;" }];
 * const notebook = parseNotebook(JSON.stringify({ cells, nbformat: 4 }), "a.ipynb");
 * const { text, placeOf } = extractModule(notebook);
 * const line = text.split("\n").indexOf("const b: string = a;") + 1;
 * assertEquals(placeOf(line), { cell: 0, line: 2 });
 * ```
 */
export function extractModule(
  notebook: Notebook,
  { before = "", mark = () => "", after = "" }: ExtractOptions = {},
): ExtractedModule {
  const lines: string[] = [before];
  const places: (NotebookPlace | undefined)[] = [undefined];
  for (const [cell, content] of notebook.cells.entries()) {
    if (content.cell_type !== "code") continue;
    lines.push(mark(cell));
    places.push(undefined);
    for (const [i, line] of sourceOf(content).split("\n").entries()) {
      lines.push(line);
      places.push({ cell, line: i + 1 });
    }
    lines.push(";");
    places.push(undefined);
  }
  const text = [...lines, after, "export {};", ""].join("\n");
  return { text, placeOf: (line) => places[line - 1] };
}
