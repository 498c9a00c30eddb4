import { outputCollector } from "./cell_outputs.ts";
import {
  type CellReply,
  type CellStatus,
  type Kernel,
  startKernel,
} from "./client.ts";
import {
  type CellOutput,
  type Notebook,
  type NotebookCell,
  sourceOf,
} from "./notebook_file.ts";
import { syntaxProblem } from "./syntax_problem.ts";
import type { JupyterMessage } from "./wire.ts";

/** How a notebook is run. */
export interface RunNotebookOptions {
  /** The folder in which the kernel runs, default the current one. */
  readonly folder?: string;
  /** Seconds that a cell may take, default 600. */
  readonly timeout?: number;
  /** Environment variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Called before each code cell with its place among all cells. */
  readonly onCell?: (index: number) => void;
}

/** A code cell that did not end well, and was not meant to. */
export interface CellFailure {
  /** Its place among all cells, from 0. */
  readonly cell: number;
  /** How it ended. */
  readonly status: Exclude<CellStatus, "ok">;
  /** Kind of the error. */
  readonly name: string;
  /** Text of the error. */
  readonly message: string;
}

/** What came of running a notebook. */
export interface NotebookRun {
  /** The notebook with its outputs and counts. */
  readonly notebook: Notebook;
  /** How many code cells ran. */
  readonly ran: number;
  /** The cell at which the run ended early; absent when all went well. */
  readonly failure?: CellFailure;
}

/**
 * Runs a notebook from top to bottom in a real kernel, as a person would who
 * pressed Run All and stopped at the first error.
 *
 * A cell tagged `raises-exception` may fail, and must.
 *
 * @param notebook What to run; it is not changed.
 * @param options Folder, time, environment.
 * @returns The executed notebook, and the failure if there was one.
 *
 * @example Usage
 * ```ts
 * import { parseNotebook, runNotebook } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const cells = [{ cell_type: "code", source: "1 + 1" }];
 * const notebook = parseNotebook(JSON.stringify({ cells, nbformat: 4 }), "a.ipynb");
 * const { ran, failure } = await runNotebook(notebook);
 * assertEquals([ran, failure], [1, undefined]);
 * ```
 */
export async function runNotebook(
  notebook: Notebook,
  options: RunNotebookOptions = {},
): Promise<NotebookRun> {
  const { folder, env, timeout, onCell = () => {} } = options;
  const kernel = await startKernel({
    ...(folder === undefined ? {} : { folder }),
    ...(env === undefined ? {} : { env }),
  });
  const done = structuredClone(notebook);
  const collector = outputCollector();
  let ran = 0;
  try {
    for (const [index, cell] of done.cells.entries()) {
      if (cell.cell_type !== "code") continue;
      cell.outputs = collector.nextCell();
      cell.execution_count = null;
      if (sourceOf(cell).trim() === "") continue;
      onCell(index);
      ran++;
      const failure = await runCell(kernel, cell, {
        index,
        onMessage: (message) => collector.take(message),
        ...(timeout === undefined ? {} : { timeout }),
      });
      if (failure) return { notebook: done, ran, failure };
    }
    return { notebook: done, ran };
  } finally {
    await kernel.stop();
  }
}

/** How {@linkcode runCell} runs its cell. */
interface RunCellOptions {
  readonly index: number;
  readonly onMessage: (message: JupyterMessage) => void;
  readonly timeout?: number;
}

async function runCell(
  kernel: Kernel,
  cell: NotebookCell,
  { index, ...options }: RunCellOptions,
): Promise<CellFailure | undefined> {
  const reply = await kernel.execute(sourceOf(cell), options);
  cell.execution_count = reply.count ?? null;
  const mayFail = (cell.metadata.tags as string[] | undefined)
    ?.includes("raises-exception") ?? false;
  if (reply.status === "ok") {
    return mayFail
      ? {
        cell: index,
        status: "error",
        name: "NoError",
        message: "the cell is tagged raises-exception and ended well",
      }
      : undefined;
  }
  const told = await explained(reply, sourceOf(cell));
  keepError(cell.outputs!, told);
  if (mayFail && reply.status === "error") return undefined;
  const { name = "Error", message = "" } = told;
  return { cell: index, status: reply.status, name, message };
}

/** Deno's kernel tells nothing of a syntax error but that it failed; the parser tells more. */
async function explained(reply: CellReply, code: string): Promise<CellReply> {
  if (reply.message !== "Execution failed") return reply;
  const problem = await syntaxProblem(code);
  return problem === undefined
    ? reply
    : { ...reply, name: "SyntaxError", message: problem };
}

/** Keeps the error as an output where the kernel sent none. */
function keepError(
  outputs: CellOutput[],
  { name = "Error", message = "" }: CellReply,
): void {
  if (outputs.some((output) => output.output_type === "error")) return;
  outputs.push({
    output_type: "error",
    ename: name,
    evalue: message,
    traceback: [`${name}: ${message}`],
  });
}
