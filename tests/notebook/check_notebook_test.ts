import "#tests/support/permitted.ts";
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { checkNotebook } from "#lib/notebook/check_notebook.ts";
import { formatCells } from "#lib/notebook/format_cells.ts";
import { runAsModule } from "#lib/notebook/module_run.ts";
import {
  type Notebook,
  NOTEBOOK_METADATA,
  notebookText,
  parseNotebook,
  sourceOf,
} from "#lib/notebook/notebook_file.ts";
import { notebookProblems } from "#lib/notebook/notebook_rules.ts";
import { renderNotebook, withoutLive } from "#lib/notebook/render_notebook.ts";
import { notebookOf } from "./notebook_of.ts";

/** A notebook that breaks no rule: 10 pairs of prose and code. */
function goodNotebook(): Notebook {
  const pairs = Array.from(
    { length: 10 },
    (_, i) => [i === 0 ? "# Is it good?" : `# ${i}`, `const a${i} = ${i};`],
  );
  return {
    ...notebookOf(...pairs.flat()),
    metadata: structuredClone(NOTEBOOK_METADATA) as never,
  };
}

const messages = (notebook: Notebook) =>
  notebookProblems(notebook).map(({ cell, message }) => [cell, message]);

Deno.test("notebookProblems() finds nothing in a good notebook", () => {
  assertEquals(messages(goodNotebook()), []);
});

Deno.test("notebookProblems() names each broken rule and its cell", () => {
  const long = Array.from({ length: 16 }, () => "1;").join("\n");
  const cases: [string, (notebook: Notebook) => void, string][] = [
    [
      "no question",
      (n) => n.cells[0]!.source = ["# A title"],
      "expected a first cell whose title asks a question",
    ],
    [
      "metadata",
      (n) => n.metadata = { kernelspec: {} },
      "expected the house's metadata; `deno task notebook render` sets it",
    ],
    [
      "long code",
      (n) => n.cells[1]!.source = long.split(/(?<=\n)/),
      "expected at most 15 lines of code, got 16",
    ],
    [
      "count",
      (n) => n.cells[1]!.execution_count = 4,
      "expected no execution count",
    ],
    [
      "cell metadata",
      (n) => n.cells[1]!.metadata = { collapsed: true },
      "expected only tags in the metadata, got collapsed",
    ],
    [
      "tag",
      (n) => n.cells[1]!.metadata = { tags: ["hide"] },
      "expected tags among live, parameters, got hide",
    ],
    [
      "id",
      (n) => n.cells[1]!.id = "c0",
      'expected an id of its own, got "c0" again',
    ],
    [
      "empty",
      (n) => n.cells[1]!.source = [],
      "expected text, got an empty cell",
    ],
    [
      "error",
      (n) =>
        n.cells[1]!.outputs = [{
          output_type: "error",
          ename: "E",
          evalue: "",
          traceback: [],
        }],
      "expected no stored error, got E",
    ],
    [
      "path",
      (n) =>
        n.cells[1]!.outputs = [{
          output_type: "stream",
          name: "stdout",
          text: ["read /home/me/x"],
        }],
      "expected no path of a machine in an output",
    ],
    ["prose", (n) => {
      n.cells[2]!.cell_type = "code";
    }, "expected prose after 2 code cells in a row"],
    ["few", (n) => n.cells.splice(10), "expected 20 to 40 cells, got 10"],
  ];
  for (const [name, change, message] of cases) {
    const notebook = goodNotebook();
    change(notebook);
    assertEquals(messages(notebook)[0]?.[1], message, name);
  }
});

Deno.test("notebookProblems() does not count the lines of imports", () => {
  const notebook = goodNotebook();
  const names = Array.from({ length: 20 }, (_, i) => `  a${i},\n`);
  notebook.cells[1]!.source = ["import {\n", ...names, '} from "a";\n', "1;"];
  assertEquals(messages(notebook), []);
});

Deno.test("notebookProblems() refuses a large output", () => {
  const notebook = goodNotebook();
  notebook.cells[1]!.outputs = [{
    output_type: "stream",
    name: "stdout",
    text: ["x".repeat(200_001)],
  }];
  assertStringIncludes(
    notebookProblems(notebook)[0]!.message,
    "expected an output of at most 200000 bytes",
  );
});

Deno.test("parseNotebook() reads both forms of sources and refuses what is no notebook", () => {
  const cells = [{ cell_type: "code", source: "a\nb" }, {
    cell_type: "code",
    source: ["a\n", "b"],
  }];
  const notebook = parseNotebook(
    JSON.stringify({ cells, nbformat: 4 }),
    "a.ipynb",
  );
  assertEquals(notebook.cells[0]!.source, notebook.cells[1]!.source);
  assertThrows(
    () => parseNotebook("{", "a.ipynb"),
    SyntaxError,
    "Cannot read a.ipynb: expected JSON, got ",
  );
  assertThrows(
    () => parseNotebook('{"nbformat":3}', "a.ipynb"),
    SyntaxError,
    "Cannot read a.ipynb: expected a notebook of format 4, got ",
  );
});

Deno.test("notebookText() orders keys, so that saving twice changes nothing", () => {
  const text = notebookText(goodNotebook());
  assertEquals(notebookText(parseNotebook(text, "a.ipynb")), text);
  assertEquals(text.split("\n").slice(0, 4), [
    "{",
    ' "cells": [',
    "  {",
    '   "cell_type": "markdown",',
  ]);
});

Deno.test("formatCells() formats code, leaves prose, and leaves what does not parse", async () => {
  const { cells } = await formatCells(
    notebookOf("# a  b", "const  a=1", "let b = = 2"),
  );
  assertEquals(cells.map(sourceOf), ["# a  b", "const a = 1;", "let b = = 2"]);
});

Deno.test("runAsModule() names the cell and line of a type error, of a name declared twice, and of what is thrown", async () => {
  const cases: [string[], number, string][] = [
    [
      ["# A", "const a = 1;", "const b = 2;\nconst c: string = b;"],
      2,
      "TS2322: Type 'number' is not assignable to type 'string'. (line 2)",
    ],
    [
      ["const a = 1;", "# B", "const a = 2;"],
      0,
      "TS2451: Cannot redeclare block-scoped variable 'a'. (line 1)",
    ],
    [
      [
        "# C",
        "function f() {\n  throw new RangeError('Cannot go: expected a');\n}\nf();",
      ],
      1,
      "RangeError: Cannot go: expected a (line 2)",
    ],
  ];
  for (const [cells, cell, message] of cases) {
    const { problems, shown } = await runAsModule(notebookOf(...cells));
    assertEquals(problems, [{ cell, message }]);
    assertEquals(shown, []);
  }
});

Deno.test("runAsModule() refuses printing past show(), writing outside, and running for ever", async () => {
  const { problems: [printed] } = await runAsModule(
    notebookOf('console.log("hi");'),
  );
  assertEquals(printed, { message: "prints past show(): hi" });
  const { problems: [wrote] } = await runAsModule(
    notebookOf('Deno.writeTextFileSync("/tmp-is-not-here", "");'),
  );
  assertStringIncludes(wrote!.message, "NotCapable: Requires write access");
  const { problems: [late] } = await runAsModule(notebookOf("while (true);"), {
    timeout: 2,
  });
  assertEquals(late, { message: "ran longer than 2 s" });
});

const SHOWING = notebookOf(
  "# What is shown?",
  'import { show } from "#lib/report/show.ts";\nimport { table } from "#lib/report/table.ts";',
  'await show(table([{ smoke: Deno.env.get("SMOKE") ?? "no" }]));\nawait show("**two**");',
);

Deno.test("renderNotebook() puts outputs under their cells, and the same bytes when repeated", async () => {
  const first = await renderNotebook(SHOWING);
  assertEquals(first.problems, []);
  const again = await renderNotebook(first.notebook);
  assertEquals(notebookText(again.notebook), notebookText(first.notebook));
  const outputs = first.notebook.cells[2]!.outputs!;
  assertEquals(
    outputs.map((output) => "data" in output && output.data["text/plain"]),
    [["smoke\n", "-----\n", "no"], ["**two**"]],
  );
  assertEquals(
    first.notebook.metadata,
    structuredClone(NOTEBOOK_METADATA) as never,
  );
});

Deno.test("withoutLive() empties the cells whose outputs may differ", async () => {
  const { notebook } = await renderNotebook(SHOWING);
  notebook.cells[2]!.metadata = { tags: ["live"] };
  assertEquals(withoutLive(notebook).cells[2]!.outputs, []);
  assertEquals(notebook.cells[2]!.outputs!.length, 2);
});

Deno.test("checkNotebook() runs with SMOKE=1 and tells of code that is not formatted", async () => {
  const notebook = goodNotebook();
  notebook.cells[1]!.source = [
    'if (Deno.env.get("SMOKE") !== "1") throw new RangeError("no smoke");',
  ];
  notebook.cells[3]!.source = ["const  a1=1"];
  assertEquals(await checkNotebook(notebook), [{
    cell: 3,
    message: "expected formatted code; `deno task notebook render` formats it",
  }]);
});
