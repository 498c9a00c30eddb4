import type { ShownByCell } from "./collect_outputs.ts";
import { type ExtractedModule, extractModule } from "./extract_module.ts";
import type { Notebook } from "./notebook_file.ts";

/** One thing that is wrong with a notebook. */
export interface NotebookProblem {
  /** Place of the cell among all cells, from 0; absent where it is the file's. */
  readonly cell?: number;
  /** What is wrong, with the line where there is one. */
  readonly message: string;
}

/** What came of running notebooks as modules. */
export interface ModuleRun {
  /** Outputs of the code cells, in order; empty after a problem. */
  readonly shown: readonly ShownByCell[];
  /** Type errors, an error thrown, or printing past `show`. */
  readonly problems: readonly NotebookProblem[];
}

/** How a module is run. */
export interface ModuleRunOptions {
  /** Environment variables beside those of this process: `SMOKE=1` makes it short. */
  readonly env?: Readonly<Record<string, string>>;
  /** Seconds allowed, default 300. */
  readonly timeout?: number;
}

/** The settings file by which `#lib` and packages are found. */
const CONFIG = new URL("../../deno.json", import.meta.url);
const COLLECT = new URL("./collect_outputs.ts", import.meta.url);

/** What a notebook may do: read, look at its environment, and call an engine's library. */
const PERMISSIONS = [
  "--allow-read",
  "--allow-env",
  "--allow-sys",
  "--allow-ffi",
];

/**
 * Type-checks a notebook and runs it as one module, without a kernel: what
 * `show` receives becomes its outputs.
 *
 * The run may read, but write only to a folder of its own, and has no network.
 *
 * @param notebook The notebook.
 * @param options Environment, time.
 * @returns Outputs by cell, and what went wrong.
 */
export async function runAsModule(
  notebook: Notebook,
  { env = {}, timeout = 300 }: ModuleRunOptions = {},
): Promise<ModuleRun> {
  const folder = await Deno.makeTempDir();
  try {
    const [file, outputs] = [`${folder}/notebook.ts`, `${folder}/outputs.json`];
    const module = extractModule(notebook, wrapping(outputs));
    await Deno.writeTextFile(file, module.text);
    const args = ["run", "--check", "--no-prompt", "--quiet"];
    const result = await deno(
      [
        ...args,
        `--config=${pathOf(CONFIG)}`,
        ...PERMISSIONS,
        `--allow-write=${folder}`,
        file,
      ],
      { env: { ...env, TMPDIR: folder }, timeout },
    );
    const problems = problemsOf(result, module, timeout);
    if (problems.length > 0) return { shown: [], problems };
    return { shown: JSON.parse(await Deno.readTextFile(outputs)), problems };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function wrapping(
  outputs: string,
): Parameters<typeof extractModule>[1] & object {
  const path = JSON.stringify(outputs);
  return {
    before: `import { collectOutputs as __collect } from ${
      JSON.stringify(COLLECT.href)
    }; const __cells = __collect(${path});`,
    mark: (cell) => `__cells.start(${cell});`,
    after: "__cells.finish();",
  };
}

/** What a Deno process left behind. */
interface Finished {
  readonly success: boolean;
  readonly isLate: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

async function deno(
  args: readonly string[],
  { env, timeout }: Required<ModuleRunOptions>,
): Promise<Finished> {
  const signal = AbortSignal.timeout(timeout * 1000);
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    signal,
  }).output();
  const decoder = new TextDecoder();
  return {
    success,
    isLate: signal.aborted,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}

function problemsOf(
  { success, isLate, stdout, stderr }: Finished,
  module: ExtractedModule,
  timeout: number,
): NotebookProblem[] {
  if (isLate) return [{ message: `ran longer than ${timeout} s` }];
  if (!success) return [failure(stderr, module)];
  if (stdout.trim() === "") return [];
  const line = stdout.trim().split("\n")[0];
  return [{ message: `prints past show(): ${line}` }];
}

/** The error as Deno told it, its first place in the module put back into the notebook. */
function failure(
  stderr: string,
  { placeOf }: ExtractedModule,
): NotebookProblem {
  const places = [...stderr.matchAll(/notebook\.ts:(\d+):\d+/g)]
    .map(([, line]) => placeOf(Number(line)));
  const place = places.find((found) => found !== undefined);
  const told = stderr.split("\n").map((line) => line.trim())
    .find((line) =>
      /^(error: |TS\d+ )/.test(line) && !/Type checking failed/.test(line)
    );
  const message = (told ?? stderr.trim().split("\n")[0] ?? "")
    .replace(/^error: (Uncaught )?(\(in promise\) )?/, "")
    .replace(" [ERROR]", "").replace(/ at file:\S*$/, "");
  return place === undefined
    ? { message }
    : { cell: place.cell, message: `${message} (line ${place.line})` };
}

/**
 * The path of a file's URL.
 *
 * @param url Starts with `file:`.
 */
export function pathOf(url: URL): string {
  const path = decodeURIComponent(url.pathname);
  return Deno.build.os === "windows" ? path.slice(1) : path;
}
