/**
 * Where libraries that are no dependency of the lab may be installed.
 *
 * @module
 */

import { environmentVariable } from "./foreign.ts";

/**
 * Whether a file is there; one that may not be read is not.
 *
 * @param path The file.
 * @returns True where it is.
 */
export async function isReadableFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}

/**
 * The top of this repository, below which installations are.
 *
 * @returns The folder, without a slash at its end; `.` where the lab is no folder.
 */
export function repositoryTop(): string {
  const url = new URL("../..", import.meta.url);
  return url.protocol === "file:"
    ? decodeURIComponent(url.pathname).replace(/\/+$/, "")
    : ".";
}

/** Folders that the system's linker was told of when this process began. */
const LIBRARY_PATHS = [
  "LD_LIBRARY_PATH",
  "LD_PRELOAD",
  "DYLD_LIBRARY_PATH",
  "DYLD_FALLBACK_LIBRARY_PATH",
];

/** Where programs that need them find those folders. */
const KEPT_AS = "LAB_LIBRARY_PATH";

/**
 * Takes from the environment what Deno lets no program inherit unless any may be started:
 * where it is set, as in most containers with a GPU, none could be started at all. This
 * process has read it already; a program that needs `LD_LIBRARY_PATH` finds it under
 * `LAB_LIBRARY_PATH`.
 */
export function hideLibraryPaths(): void {
  for (const name of LIBRARY_PATHS) {
    const text = environmentVariable(name);
    if (text === undefined) continue;
    if (name === "LD_LIBRARY_PATH") Deno.env.set(KEPT_AS, text);
    Deno.env.delete(name);
  }
}

/** Where a package of Python is, or why that is not known. */
export interface PythonFolder {
  readonly folder?: string;
  /** One line for people; empty where there is a folder. */
  readonly reason: string;
}

/**
 * Asks a Python where it has a package, without importing that; never asks the user.
 *
 * @param python The program.
 * @param name The package, as it is imported.
 * @returns Its folder, or why there is none.
 */
export async function pythonFolder(
  python: string,
  name: string,
): Promise<PythonFolder> {
  const { state } = Deno.permissions.querySync({
    name: "run",
    command: python,
  });
  if (state !== "granted") {
    return { reason: `${python}: not asked (--allow-run=${python})` };
  }
  try {
    hideLibraryPaths();
    const { success, stdout } = await new Deno.Command(python, {
      args: ["-c", ASK, name],
      stdin: "null",
      stderr: "null",
    }).output();
    const folder = new TextDecoder().decode(stdout).trim();
    return success && folder !== ""
      ? { folder, reason: "" }
      : { reason: `${python}: has no ${name}` };
  } catch {
    return { reason: `${python}: cannot be started` };
  }
}

/** Prints a package's folder without importing it; the current folder is none of its places. */
const ASK = `import sys
sys.path = [p for p in sys.path if p]
from importlib.util import find_spec
spec = find_spec(sys.argv[1])
print(spec.submodule_search_locations[0] if spec else "")`;
