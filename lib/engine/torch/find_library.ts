/**
 * Finds an installed libtorch: where the environment says, in the folder that
 * `deno task engine install torch` fills, or where python3 has PyTorch.
 *
 * @module
 */
import { environmentVariable, platform } from "../foreign.ts";
import {
  isReadableFile,
  pythonFolder,
  repositoryTop,
} from "../installation.ts";

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
    installed = `${repositoryTop()}/${INSTALL_FOLDER}`,
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
  const { folder, reason } = await pythonFolder(python, "torch");
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
    if (await isReadableFile(library)) {
      return { found: { folder: place, library, from }, tried: [] };
    }
  }
  return { tried: [`${from}: no ${file} in ${top}, its lib or its torch/lib`] };
}
