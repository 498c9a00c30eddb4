import "#tests/support/permitted.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type Kernel, startKernel } from "#lib/notebook/client.ts";
import type { CellOutput } from "#lib/notebook/notebook_file.ts";
import { runNotebook } from "#lib/notebook/run_notebook.ts";
import type { JupyterMessage } from "#lib/notebook/wire.ts";
import { notebookOf } from "./notebook_of.ts";

const REPOSITORY = new URL("../../", import.meta.url).pathname;

/** The plain text of an output. */
function textOf(output: CellOutput): string {
  if (output.output_type === "stream") return output.text.join("");
  if (output.output_type === "error") return output.evalue;
  return (output.data["text/plain"] as string[] | undefined)?.join("") ?? "";
}

Deno.test("runNotebook() puts every output under its own cell, late ones too", async () => {
  // Deno 2.9 sends the value of a cell that awaited after it said that it is idle.
  const count = 12;
  const cells = Array.from(
    { length: count },
    (_, i) =>
      `console.log("say ${i}"); await new Promise((go) => setTimeout(go, 2)); ${i}`,
  );
  const { notebook, ran, failure } = await runNotebook(
    notebookOf("# Numbers", ...cells),
  );
  assertEquals([ran, failure], [count, undefined]);
  assertEquals(
    notebook.cells.slice(1).map(({ outputs }) => outputs!.map(textOf)),
    cells.map((_, i) => [`say ${i}\n`, `${i}`]),
  );
  assertEquals(notebook.cells.at(-1)!.execution_count, count);
});

Deno.test("runNotebook() stops at the first error and keeps it as an output", async () => {
  const { notebook, ran, failure } = await runNotebook(
    notebookOf("let a = 1;", 'throw new RangeError("no");', "a = 2;"),
  );
  assertEquals(ran, 2);
  assertEquals(failure, {
    cell: 1,
    status: "error",
    name: "RangeError",
    message: "no",
  });
  assertEquals(
    notebook.cells[1]!.outputs!.map((output) => output.output_type),
    ["error"],
  );
  assertEquals(notebook.cells[2]!.outputs, []);
});

Deno.test("runNotebook() says what is wrong with a cell that does not parse, where the kernel says nothing", async () => {
  const { notebook, failure } = await runNotebook(notebookOf("let a = = 1"));
  assertEquals(failure, {
    cell: 0,
    status: "error",
    name: "SyntaxError",
    message: "Expression expected (line 1, column 9)",
  });
  assertEquals(textOf(notebook.cells[0]!.outputs![0]!), failure!.message);
});

Deno.test("runNotebook() lets a tagged cell fail, and demands it", async () => {
  const file = notebookOf('throw new RangeError("no");', "1", "2");
  file.cells[0]!.metadata = { tags: ["raises-exception"] };
  file.cells[1]!.metadata = { tags: ["raises-exception"] };
  const { ran, failure } = await runNotebook(file);
  assertEquals(ran, 2);
  assertEquals([failure!.cell, failure!.name], [1, "NoError"]);
});

Deno.test("runNotebook() tells of a kernel that died", async () => {
  const { failure } = await runNotebook(notebookOf("Deno.exit(3)", "1"));
  assertEquals(failure, {
    cell: 0,
    status: "dead",
    name: "DeadKernel",
    message: "the kernel ended with exit code 3",
  });
});

Deno.test("runNotebook() ends a kernel whose cell takes too long", async () => {
  const { failure } = await runNotebook(notebookOf("while (true);"), {
    timeout: 0.2,
  });
  assertEquals(failure, {
    cell: 0,
    status: "timeout",
    name: "Timeout",
    message: "the cell ran longer than 0.2 s",
  });
});

/** Runs something with a kernel that sees the repository's `deno.json`. */
async function withKernel(
  use: (kernel: Kernel) => Promise<void>,
): Promise<void> {
  const kernel = await startKernel({ folder: REPOSITORY });
  try {
    await use(kernel);
  } finally {
    await kernel.stop();
  }
}

/** All that a cell sends, and what became of it. */
async function sentBy(kernel: Kernel, code: string): Promise<JupyterMessage[]> {
  const messages: JupyterMessage[] = [];
  const reply = await kernel.execute(code, {
    onMessage: (message) => messages.push(message),
  });
  assertEquals(reply.status, "ok", reply.message ?? "");
  return messages;
}

const CONNECT =
  'import { connectKernel, stopSignal } from "#lib/notebook/adapter.ts"; connectKernel();';

Deno.test("connectKernel() holds a cell until its outputs are on their way", async () => {
  await withKernel(async (kernel) => {
    await sentBy(kernel, CONNECT);
    for (let i = 0; i < 12; i++) {
      const messages = await sentBy(
        kernel,
        `await new Promise((go) => setTimeout(go, 2)); ${i}`,
      );
      const order = messages.map(({ type, content }) =>
        content.execution_state ?? type
      );
      assertEquals(order.slice(0, 4), [
        "busy",
        "execute_input",
        "execute_result",
        "idle",
      ]);
    }
  });
});

Deno.test("connectKernel() sends what is shown to the page, a table, a progress bar and arquero's table alike", async () => {
  await withKernel(async (kernel) => {
    await sentBy(kernel, CONNECT);
    await sentBy(
      kernel,
      'import { show } from "#lib/report/show.ts"; import { table } from "#lib/report/table.ts"; import { progressBar } from "#lib/report/progress_bar.ts"; import * as aq from "arquero";',
    );
    const shown = await sentBy(kernel, "await show(table([{ a: 1 }]));");
    const page = shown.find(({ type }) => type === "display_data")!;
    assertEquals(page.content.data["text/markdown"], "| a |\n| --: |\n| 1 |");

    const bar = await sentBy(
      kernel,
      'const bar = progressBar(); bar({ label: "t", done: 0, total: 1 }); bar({ label: "t", done: 1, total: 1 });',
    );
    const drawn = bar.filter(({ content }) => content.data);
    assertEquals(drawn.slice(0, 2).map(({ type }) => type), [
      "display_data",
      "update_display_data",
    ]);
    assertEquals(
      new Set(
        drawn.slice(0, 2).map(({ content }) => content.transient.display_id),
      ).size,
      1,
    );

    const rows = await sentBy(kernel, "aq.table({ a: [1, 2] })");
    const result = rows.find(({ type }) => type === "execute_result")!;
    assertStringIncludes(result.content.data["text/html"], "<table>");

    const broken = await sentBy(
      kernel,
      '({ [Symbol.for("Jupyter.display")]() { throw new RangeError("bad"); } })',
    );
    assertEquals(
      broken.find(({ type }) => type === "error")!.content.evalue,
      "bad",
    );
  });
});

Deno.test("stopSignal() is aborted by Stop, and the kernel lives on with its state", async () => {
  await withKernel(async (kernel) => {
    await sentBy(kernel, `${CONNECT} let state = 7;`);
    const long =
      'console.log("ready"); await new Promise((_, stop) => { const signal = stopSignal(); signal.onabort = () => stop(signal.reason); });';
    const reply = await kernel.execute(long, {
      onMessage: ({ type }) => type === "stream" && kernel.interrupt(),
    });
    assertEquals([reply.status, reply.name, reply.message], [
      "error",
      "AbortError",
      "interrupted",
    ]);
    const after = await sentBy(kernel, "[state, stopSignal().aborted]");
    const result = after.find(({ type }) => type === "execute_result");
    assert(result);
    assertEquals(result.content.data["text/plain"], "[ 7, false ]");
  });
});
