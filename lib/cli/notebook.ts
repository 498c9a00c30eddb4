/**
 * `deno task notebook check|render|run [FILES]`: holds notebooks against the
 * rules of the house, renews their outputs, or runs them in a real kernel.
 *
 * @module
 */
import { checkNotebook } from "../notebook/check_notebook.ts";
import type { NotebookProblem } from "../notebook/module_run.ts";
import {
  type Notebook,
  notebookText,
  readNotebook,
  writeNotebook,
} from "../notebook/notebook_file.ts";
import { renderNotebook, withoutLive } from "../notebook/render_notebook.ts";
import { runNotebook } from "../notebook/run_notebook.ts";
import type { SettingTable } from "../train/setting.ts";
import { COMMON_FLAGS, flagsOrHelp } from "./flags.ts";
import { DONE, FAILED_CHECK, printJson, runCommand } from "./main_guard.ts";

const USAGE = `deno task notebook check|render|run [FILES]

  check    rules, format, types, and a short run without a kernel (SMOKE=1)
  render   run as a module and write the outputs into the file
  run      run in a real Jupyter kernel; nothing is written

FILES are notebooks; default all of notebooks/.

  deno task notebook render notebooks/10_maxsim.ipynb`;

const FLAGS: SettingTable = {
  unchanged: {
    type: "boolean",
    help: "with render: write nothing, fail where outputs would change",
  },
  timeout: {
    type: "number",
    min: 1,
    default: 300,
    help: "seconds that a notebook (run: a cell) may take",
  },
  ...COMMON_FLAGS,
};

/** What a command line asks for. */
interface Settings {
  readonly timeout: number;
  readonly unchanged: boolean;
}

/** Does one thing with one notebook and tells what is wrong. */
type Action = (
  path: string,
  notebook: Notebook,
  settings: Settings,
) => Promise<readonly NotebookProblem[]>;

const ACTIONS: Readonly<Record<string, Action>> = {
  check: (_path, notebook, { timeout }) => checkNotebook(notebook, { timeout }),
  render,
  run,
};

/**
 * The command.
 *
 * @param args The words after `notebook`.
 * @returns The exit code: 1 where a notebook has a problem.
 * @throws {RangeError} On an unknown action or flag.
 */
export async function notebook(args: readonly string[]): Promise<number> {
  const parsed = flagsOrHelp(args, {
    usage: USAGE,
    flags: FLAGS,
    words: Infinity,
  });
  if (parsed === undefined) return DONE;
  const { given, words } = parsed;
  const [name = "", ...files] = words;
  if (!Object.hasOwn(ACTIONS, name)) {
    throw new RangeError(
      `Cannot use "${name}": expected check, render or run, got ${
        name === "" ? "nothing" : "something else"
      }; see --help`,
    );
  }
  const settings = {
    timeout: (given.timeout ?? FLAGS.timeout!.default) as number,
    unchanged: given.unchanged === true,
  };
  const paths = files.length > 0 ? files : await allNotebooks();
  let count = 0;
  for (const path of paths) {
    count += await report(path, name, settings);
  }
  if (given.json) printJson({ notebooks: paths.length, problems: count });
  return count === 0 ? DONE : FAILED_CHECK;
}

/** Runs an action on a file and prints what came of it. */
async function report(
  path: string,
  name: string,
  settings: Settings,
): Promise<number> {
  const began = performance.now();
  const problems = await ACTIONS[name]!(
    path,
    await readNotebook(path),
    settings,
  );
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  for (const { cell, message } of problems) {
    console.error(
      `${path}${cell === undefined ? "" : ` cell ${cell}`}: ${message}`,
    );
  }
  const verdict = problems.length === 0 ? "ok" : `${problems.length} problems`;
  console.error(`${name} ${path}: ${verdict} (${seconds} s)`);
  return problems.length;
}

async function render(
  path: string,
  before: Notebook,
  { timeout, unchanged }: Settings,
): Promise<readonly NotebookProblem[]> {
  const { notebook: after, problems } = await renderNotebook(before, {
    timeout,
  });
  if (problems.length > 0) return problems;
  if (!unchanged) {
    await writeNotebook(path, after);
    return [];
  }
  const [old, now] = [before, after].map((file) =>
    notebookText(withoutLive(file))
  );
  return old === now
    ? []
    : [{ message: "expected the outputs it has, got others; render it anew" }];
}

async function run(
  path: string,
  file: Notebook,
  { timeout }: Settings,
): Promise<readonly NotebookProblem[]> {
  const folder = await Deno.realPath(path.replace(/[^/\\]*$/, "") + ".");
  const { failure } = await runNotebook(file, { folder, timeout });
  if (!failure) return [];
  const { cell, name, message } = failure;
  return [{ cell, message: `${name}: ${message}` }];
}

async function allNotebooks(): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir("notebooks")) {
    if (name.endsWith(".ipynb")) names.push(`notebooks/${name}`);
  }
  return names.sort();
}

if (import.meta.main) await runCommand(() => notebook(Deno.args));
