import { linesOf, type Notebook, sourceOf } from "./notebook_file.ts";

/**
 * Formats the code cells of a notebook as `deno fmt` formats modules.
 *
 * @param notebook The notebook; it is not changed.
 * @returns A notebook with formatted code; cells that do not parse are left.
 *
 * @example Usage
 * ```ts
 * import { formatCells, parseNotebook, sourceOf } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const cells = [{ cell_type: "code", source: "const  a=1" }];
 * const notebook = parseNotebook(JSON.stringify({ cells, nbformat: 4 }), "a.ipynb");
 * assertEquals(sourceOf((await formatCells(notebook)).cells[0]!), "const a = 1;");
 * ```
 */
export async function formatCells(notebook: Notebook): Promise<Notebook> {
  const folder = await Deno.makeTempDir();
  const file = (index: number) => `${folder}/cell_${index}.ts`;
  const isCode = (index: number) =>
    notebook.cells[index]!.cell_type === "code" &&
    sourceOf(notebook.cells[index]!).trim() !== "";
  try {
    const code = [...notebook.cells.keys()].filter(isCode);
    await Promise.all(
      code.map((index) =>
        Deno.writeTextFile(file(index), sourceOf(notebook.cells[index]!))
      ),
    );
    await new Deno.Command(Deno.execPath(), {
      args: ["fmt", "--quiet", "--no-config", folder],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    const cells = await Promise.all(
      notebook.cells.map(async (cell, index) =>
        isCode(index)
          ? {
            ...cell,
            source: linesOf((await Deno.readTextFile(file(index))).trimEnd()),
          }
          : cell
      ),
    );
    return { ...notebook, cells };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
