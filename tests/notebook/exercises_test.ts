import "#tests/support/permitted.ts";
import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "@std/assert";
import { runAsModule } from "#lib/notebook/module_run.ts";
import {
  type Notebook,
  readNotebook,
  sourceOf,
} from "#lib/notebook/notebook_file.ts";

const FOLDER = fileURLToPath(new URL("../../notebooks", import.meta.url));

/** Solutions that stand in a notebook, by the first line of the exercise's cell. */
function solutionsOf(notebook: Notebook): Map<string, string> {
  const prose = notebook.cells.filter(({ cell_type }) =>
    cell_type === "markdown"
  )
    .map(sourceOf).join("\n");
  return new Map(
    [...prose.matchAll(/```ts\n(\/\/ Exercise \d)\n[^]*?```/g)].map((
      [block, name],
    ) => [name!, block.replace(/^```ts\n|\n```$/g, "")]),
  );
}

/** The notebook with every exercise's cell replaced by its solution. */
function solved(notebook: Notebook): Notebook {
  const solutions = solutionsOf(notebook);
  assertEquals(solutions.size, 3);
  return {
    ...notebook,
    cells: notebook.cells.map((cell) => {
      const solution = cell.cell_type === "code" &&
        solutions.get(sourceOf(cell).split("\n")[0]!);
      return solution ? { ...cell, source: [solution] } : cell;
    }),
  };
}

/** What the checks said. */
async function told(notebook: Notebook): Promise<string[]> {
  const { shown, problems } = await runAsModule(notebook, {
    env: { SMOKE: "1" },
  });
  assertEquals(problems, []);
  return shown.flatMap(({ outputs }) =>
    outputs.map((bundle) => String(bundle["text/plain"]))
  )
    .filter((text) => text.startsWith("**Exercise"));
}

for (
  const name of [
    "11_train_your_first_colbert",
    "12_distillation_by_hand",
    "13_schedule_free_by_hand",
  ]
) {
  Deno.test(`${name}: stubs are told what is wrong, solutions are right`, async () => {
    const notebook = await readNotebook(`${FOLDER}/${name}.ipynb`);
    const stored = notebook.cells.flatMap(({ outputs = [] }) =>
      outputs.map((output) =>
        "data" in output
          ? [output.data["text/plain"] ?? ""].flat().join("")
          : ""
      )
    ).filter((text) => text.startsWith("**Exercise"));
    assertEquals(stored.length, 3);
    for (const text of stored) assert(text.includes("not yet.** For"), text);
    assertEquals(
      await told(solved(notebook)),
      [1, 2, 3].map((number) => `**Exercise ${number}: right.**`),
    );
  });
}
