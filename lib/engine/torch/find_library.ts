/**
 * Finds an installed libtorch: where the environment says, in the folder that
 * `deno task engine install torch` fills, or where python3 has PyTorch.
 *
 * @module
 */
import { environmentVariable, platform } from "../foreign.ts";

/** An installed libtorch. */
export interface FoundTorch {
  /** The folder of its libraries. */
  readonly folder: string;
  /** The library that everything is in. */
  readonly library: string;
  /** Who named it, for people. */
  readonly from: string;
}

/** What was looked for, and what came of it. */
export interface TorchSearch {
  /** The first libtorch that is there. */
  readonly found?: FoundTorch;
  /** One line for each place without one. */
  readonly tried: readonly string[];
}

/** Where `deno task engine install torch` puts PyTorch, from the repository's top. */
export const INSTALL_FOLDER = "data/cache/torch";

/** File name of libtorch by operating system. */
const LIBRARY: Readonly<Record<string, string>> = {
  linux: "libtorch_cpu.so",
  darwin: "libtorch_cpu.dylib",
};

/** Prints PyTorch's folder without importing it; the current folder is none of its places. */
const ASK = `import sys
sys.path = [p for p in sys.path if p]
from importlib.util import find_spec
spec = find_spec("torch")
print(spec.submodule_search_locations[0] if spec else "")`;

/** Where to look, for tests. */
export interface FindOptions {
  /** Instead of the variable `LIBTORCH`; empty for none. */
  readonly named?: string;
  /** Instead of the folder that the installation fills. */
  readonly installed?: string;
  /** The Python that is asked. Default `python3`. */
  readonly python?: string;
}

/**
 * Looks for libtorch: in the folder that `LIBTORCH` names, and then nowhere
 * else; without it in the installation folder, then where `python3` finds
 * PyTorch. Nothing is asked of the user and nothing is loaded.
 *
 * @param options Other places.
 * @returns The first one that is there, and why the places before had none.
 */
export async function findTorch(
  {
    named = environmentVariable("LIBTORCH") ?? "",
    installed = installFolder(),
    python = "python3",
  }: FindOptions = {},
): Promise<TorchSearch> {
  const file = LIBRARY[platform().os];
  if (file === undefined) {
    return { tried: [`libtorch is looked for on linux and darwin only`] };
  }
  if (named !== "") return await search("LIBTORCH", named, file);
  const own = await search("installation", installed, file);
  if (own.found) return own;
  const { folder, reason } = await pythonFolder(python);
  if (folder === undefined) return { tried: [...own.tried, reason] };
  const theirs = await search(python, folder, file);
  return {
    ...(theirs.found && { found: theirs.found }),
    tried: [...own.tried, ...theirs.tried],
  };
}

/** Looks in a folder, in its `lib` and in a `torch/lib` below it. */
async function search(
  from: string,
  folder: string,
  file: string,
): Promise<TorchSearch> {
  const top = folder.replace(/\/+$/, "");
  for (const below of ["", "/lib", "/torch/lib"]) {
    const place = top + below;
    const library = `${place}/${file}`;
    if (await isFile(library)) {
      return { found: { folder: place, library, from }, tried: [] };
    }
  }
  return { tried: [`${from}: no ${file} in ${top}, its lib or its torch/lib`] };
}

/** Whether a file is there; one that may not be read is not. */
async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}

/** The installation folder of this repository. */
function installFolder(): string {
  const url = new URL(`../../../${INSTALL_FOLDER}`, import.meta.url);
  return url.protocol === "file:"
    ? decodeURIComponent(url.pathname)
    : INSTALL_FOLDER;
}

/** Asks a Python where PyTorch is. */
async function pythonFolder(
  python: string,
): Promise<{ readonly folder?: string; readonly reason: string }> {
  const { state } = Deno.permissions.querySync({
    name: "run",
    command: python,
  });
  if (state !== "granted") {
    return { reason: `${python}: not asked (--allow-run=${python})` };
  }
  try {
    const { success, stdout } = await new Deno.Command(python, {
      args: ["-c", ASK],
      stdin: "null",
      stderr: "null",
    }).output();
    const folder = new TextDecoder().decode(stdout).trim();
    return success && folder !== ""
      ? { folder, reason: "" }
      : { reason: `${python}: has no torch` };
  } catch {
    return { reason: `${python}: cannot be started` };
  }
}
