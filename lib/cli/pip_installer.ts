/**
 * What the commands that install an engine's libraries with pip share.
 *
 * @module
 */

/** A program, run to its end. */
export type RunProgram = (
  program: string,
  args: readonly string[],
) => Promise<void>;

/** What to install, and how. */
export interface InstallOptions {
  /** The Python whose pip installs. */
  readonly python: string;
  /** The library's version; absent for the newest. */
  readonly version?: string | undefined;
  /** pip's index; absent for the one that pip is set to. */
  readonly indexUrl?: string | undefined;
  /** Leaves the GPU's parts out. */
  readonly cpu: boolean;
  /** Where progress goes, line by line. */
  readonly say: (line: string) => void;
  /** Stops pip. */
  readonly signal?: AbortSignal | undefined;
  /** Where to. Default the folder that the engine looks into. */
  readonly folder?: string;
  /** Runs pip. Default: as a child process. */
  readonly run?: RunProgram;
  /** The GPU's name, where there is one. Default: what the driver says. */
  readonly gpu?: string;
}

/**
 * pip, installing into a folder.
 *
 * @param what What is installed, for people.
 * @param options Python, index, folder, and what stops it.
 * @returns Takes pip's last words, such as requirements, and runs it to its end.
 * @throws {RangeError} When it fails; its last lines stand above.
 *
 * @example Usage
 * ```ts
 * import { pipInstaller } from "#lib/cli/pip_installer.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const calls: string[] = [];
 * const pip = pipInstaller("torch", {
 *   python: "python3",
 *   folder: "libraries",
 *   run: (program, args) => Promise.resolve(void calls.push([program, ...args].join(" "))),
 * });
 * await pip("--no-deps", "torch");
 * assertEquals(calls, ["python3 -m pip install --upgrade --target libraries --no-deps torch"]);
 * ```
 */
export function pipInstaller(
  what: string,
  options:
    & Pick<InstallOptions, "python" | "indexUrl" | "signal" | "run">
    & { readonly folder: string },
): (...words: string[]) => Promise<void> {
  const { python, indexUrl, folder, signal } = options;
  const run = options.run ?? childProcess(what, signal);
  return (...words) =>
    run(python, [
      ...["-m", "pip", "install", "--upgrade", "--target", folder],
      ...(indexUrl ? ["--index-url", indexUrl] : []),
      ...words,
    ]);
}

/**
 * What an installed package says it needs.
 *
 * @param folder Where pip installed it.
 * @param names What the package may be called; the first is what people call it.
 * @returns The text of its `METADATA`.
 * @throws {Deno.errors.NotFound} If pip wrote none.
 */
export async function metadataOf(
  folder: string,
  names: readonly string[],
): Promise<string> {
  for await (const { name } of Deno.readDir(folder)) {
    const isOne = name.endsWith(".dist-info") &&
      names.some((one) => name.startsWith(`${one}-`));
    if (isOne) return await Deno.readTextFile(`${folder}/${name}/METADATA`);
  }
  throw new Deno.errors.NotFound(
    `Cannot install ${names[0]}: expected pip to write ${folder}/${
      names[0]
    }-*.dist-info, got none`,
  );
}

/** Runs programs whose output goes where ours goes, until the signal stops them. */
function childProcess(
  what: string,
  signal: AbortSignal | undefined,
): RunProgram {
  return async (program, args) => {
    const { success, code } = await started(program, args, { what, signal });
    if (success) return;
    signal?.throwIfAborted();
    throw new RangeError(
      `Cannot install ${what}: expected ${program} ${
        args.slice(0, 3).join(" ")
      } to succeed, got code ${code}; its reasons stand above`,
    );
  };
}

/** Starts a program and waits for it. */
async function started(
  program: string,
  args: readonly string[],
  { what, signal }: {
    readonly what: string;
    readonly signal: AbortSignal | undefined;
  },
): Promise<Deno.CommandStatus> {
  try {
    return await new Deno.Command(program, {
      args: [...args],
      stdin: "null",
      stdout: "inherit",
      stderr: "inherit",
      ...(signal && { signal }),
    }).spawn().status;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new Deno.errors.NotFound(
        `Cannot install ${what}: expected a program ${program}, got none; name one with --python`,
      );
    }
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    throw new Deno.errors.NotCapable(
      `Cannot install ${what}: expected a Python that may be started (--allow-run), got ${program}; leave --python out and put the folder of that Python first on PATH`,
    );
  }
}
