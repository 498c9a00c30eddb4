import { formatCells } from "./format_cells.ts";
import { type NotebookProblem, runAsModule } from "./module_run.ts";
import { type Notebook, sourceOf } from "./notebook_file.ts";
import { notebookProblems } from "./notebook_rules.ts";

/**
 * Checks a notebook: the rules of the house, its format, its types, and a short
 * run as a module with `SMOKE=1`.
 *
 * @param notebook The notebook.
 * @param options Seconds that the run may take, default 300.
 * @returns All that is wrong, or nothing.
 *
 * @example Usage
 * ```ts
 * import { checkNotebook, parseNotebook } from "#lib/mod.ts";
 * import { assert } from "@std/assert";
 *
 * const cells = [{ cell_type: "code", source: "throw new RangeError('no')" }];
 * const notebook = parseNotebook(JSON.stringify({ cells, nbformat: 4 }), "a.ipynb");
 * const problems = await checkNotebook(notebook);
 * assert(problems.some(({ message }) => message === "RangeError: no (line 1)"));
 * ```
 */
export async function checkNotebook(
  notebook: Notebook,
  options: { readonly timeout?: number } = {},
): Promise<NotebookProblem[]> {
  const formatted = await formatCells(notebook);
  const unformatted = notebook.cells.flatMap((cell, index) =>
    sourceOf(cell) === sourceOf(formatted.cells[index]!) ? [] : [{
      cell: index,
      message:
        "expected formatted code; `deno task notebook render` formats it",
    }]
  );
  const { problems } = await runAsModule(notebook, {
    ...options,
    env: { SMOKE: "1" },
  });
  return [...notebookProblems(notebook), ...unformatted, ...problems];
}
