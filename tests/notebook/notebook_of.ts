import { linesOf, type Notebook } from "#lib/notebook/notebook_file.ts";

/**
 * A notebook with one cell a text; those that begin with `#` and a space are prose.
 *
 * @param texts The cells.
 */
export function notebookOf(...texts: string[]): Notebook {
  return {
    cells: texts.map((text, i) => {
      const common = { id: `c${i}`, metadata: {}, source: linesOf(text) };
      return text.startsWith("# ")
        ? { ...common, cell_type: "markdown" }
        : { ...common, cell_type: "code", execution_count: null, outputs: [] };
    }),
    metadata: {},
    nbformat: 4,
    nbformat_minor: 5,
  };
}
