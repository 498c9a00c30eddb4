import { storedForms } from "./cell_outputs.ts";
import type { ShownByCell } from "./collect_outputs.ts";
import { formatCells } from "./format_cells.ts";
import {
  type ModuleRunOptions,
  type NotebookProblem,
  runAsModule,
} from "./module_run.ts";
import {
  type Notebook,
  NOTEBOOK_METADATA,
  type NotebookCell,
} from "./notebook_file.ts";

/** A rendered notebook, or what kept it from being rendered. */
export interface Rendering {
  /** The notebook in the house's form, with the outputs of this run. */
  readonly notebook: Notebook;
  /** Empty when all went well. */
  readonly problems: readonly NotebookProblem[];
}

/**
 * Runs a notebook as a module and puts what it showed under its cells; formats
 * its code and sets its metadata.
 *
 * Rendering twice gives the same bytes, except under cells tagged `live`, whose
 * outputs come from a run of their own and may differ by machine.
 *
 * @param notebook The notebook; it is not changed.
 * @param options Environment, time.
 * @returns The rendered notebook.
 *
 * @example Usage
 * ```ts
 * import { parseNotebook, renderNotebook } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const cells = [{ cell_type: "code", source: "const a: string = 1;" }];
 * const notebook = parseNotebook(JSON.stringify({ cells, nbformat: 4 }), "a.ipynb");
 * const { problems } = await renderNotebook(notebook);
 * assertEquals(problems[0]!.cell, 0);
 * ```
 */
export async function renderNotebook(
  notebook: Notebook,
  options: ModuleRunOptions = {},
): Promise<Rendering> {
  const formatted = await formatCells(notebook);
  const { shown, problems } = await runAsModule(formatted, options);
  if (problems.length > 0) return { notebook: formatted, problems };
  const cells = formatted.cells.map((cell, index) =>
    rendered(cell, index, shown)
  );
  return {
    notebook: {
      ...formatted,
      cells,
      metadata: structuredClone(NOTEBOOK_METADATA) as never,
    },
    problems,
  };
}

/**
 * A notebook without the outputs that may differ by machine, to be compared.
 *
 * @param notebook The notebook; it is not changed.
 * @returns The same, with nothing under cells tagged `live`.
 */
export function withoutLive(notebook: Notebook): Notebook {
  return {
    ...notebook,
    cells: notebook.cells.map((cell) =>
      isLive(cell) ? { ...cell, outputs: [] } : cell
    ),
  };
}

function isLive({ metadata }: NotebookCell): boolean {
  return (metadata.tags as string[] | undefined)?.includes("live") ?? false;
}

function rendered(
  cell: NotebookCell,
  index: number,
  shown: readonly ShownByCell[],
): NotebookCell {
  const { tags } = cell.metadata;
  const metadata = tags === undefined ? {} : { tags };
  if (cell.cell_type !== "code") return { ...cell, metadata };
  const bundles = shown.find(({ cell: place }) => place === index)?.outputs ??
    [];
  return {
    ...cell,
    metadata,
    execution_count: null,
    outputs: bundles.map((data) => ({
      output_type: "display_data" as const,
      data: storedForms(data),
      metadata: {},
    })),
  };
}
