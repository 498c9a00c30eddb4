/**
 * Finds an installed TensorFlow: where the environment says, in the folder that
 * `deno task engine install tensorflow` fills, where the npm packages of
 * TensorFlow.js for Node put theirs, or where python3 has TensorFlow.
 *
 * @module
 */
import { environmentVariable, platform } from "../foreign.ts";
import {
  isReadableFile,
  pythonFolder,
  repositoryTop,
} from "../installation.ts";

/** An installed TensorFlow. */
export interface FoundTensorFlow {
  /** The folder of its libraries. */
  readonly folder: string;
  /** The library with TensorFlow's C interface. */
  readonly library: string;
  /** The library that one needs. */
  readonly framework: string;
  /** Who named it, for people. */
  readonly from: string;
}

/** What was looked for, and what came of it. */
export interface TensorFlowSearch {
  /** The first TensorFlow that is there. */
  readonly found?: FoundTensorFlow;
  /** One line for each place without one. */
  readonly tried: readonly string[];
}

/** Where `deno task engine install tensorflow` puts it, from the repository's top. */
export const INSTALL_FOLDER = "data/cache/tensorflow";

/** The addons of TensorFlow.js for Node, which bring a TensorFlow of their own. */
const ADDONS = ["tfjs-node-gpu", "tfjs-node"] as const;

/** How libraries end by operating system: `libtensorflow_cc` and this. */
const END: Readonly<Record<string, string>> = {
  linux: ".so.2",
  darwin: ".2.dylib",
};

/** File names with the C interface: of Python's package, of the C package. */
const NAMES = ["libtensorflow_cc", "libtensorflow"] as const;

/** Where to look, for tests. */
export interface FindOptions {
  /** Instead of the variable `LIBTENSORFLOW`; empty for none. */
  readonly named?: string;
  /** Instead of the repository's top, below which installations are. */
  readonly top?: string;
  /** The Python that is asked. Default `python3`. */
  readonly python?: string;
}

/**
 * Looks for TensorFlow: in the folder that `LIBTENSORFLOW` names, and then nowhere
 * else; without it in the installation folder, in the packages of TensorFlow.js
 * for Node, then where `python3` finds TensorFlow. Nothing is asked of the user
 * and nothing is loaded.
 *
 * @param options Other places.
 * @returns The first one that is there, and why the places before had none.
 */
export async function findTensorFlow(
  {
    named = environmentVariable("LIBTENSORFLOW") ?? "",
    top = repositoryTop(),
    python = "python3",
  }: FindOptions = {},
): Promise<TensorFlowSearch> {
  const end = END[platform().os];
  if (end === undefined) {
    return { tried: ["TensorFlow is looked for on linux and darwin only"] };
  }
  if (named !== "") return await search("LIBTENSORFLOW", named, end);
  const installed = await search(
    "installation",
    `${top}/${INSTALL_FOLDER}`,
    end,
  );
  if (installed.found) return installed;
  const addon = await searchAddons(top, end);
  if (addon.found) return addon;
  const tried = [...installed.tried, ...addon.tried];
  const { folder, reason } = await pythonFolder(python, "tensorflow");
  if (folder === undefined) return { tried: [...tried, reason] };
  const theirs = await search(python, folder, end);
  return {
    ...(theirs.found && { found: theirs.found }),
    tried: [...tried, ...theirs.tried],
  };
}

/**
 * Looks in the npm packages of TensorFlow.js for Node, that for GPUs first. What they
 * bring is TensorFlow's own C library, and the engine calls that as it calls any other:
 * through their addon the same calls would take longer.
 */
async function searchAddons(
  top: string,
  end: string,
): Promise<TensorFlowSearch> {
  const tried: string[] = [];
  for (const name of ADDONS) {
    const folder = `${top}/node_modules/@tensorflow/${name}`;
    const there = await search(name, folder, end);
    if (there.found) return there;
    if (!await isReadableFile(`${folder}/package.json`)) continue;
    tried.push(
      `${name}: there, without its libtensorflow${end}, which its install script downloads (npm rebuild @tensorflow/${name})`,
    );
  }
  return {
    tried: tried.length > 0 ? tried : [
      `npm: neither @tensorflow/${
        ADDONS.join(" nor @tensorflow/")
      } in ${top}/node_modules`,
    ],
  };
}

/** Looks in a folder and where packages put libraries below it. */
async function search(
  from: string,
  folder: string,
  end: string,
): Promise<TensorFlowSearch> {
  const top = folder.replace(/\/+$/, "");
  for (const below of ["", "/lib", "/tensorflow", "/deps/lib"]) {
    const place = top + below;
    for (const name of NAMES) {
      const library = `${place}/${name}${end}`;
      if (!await isReadableFile(library)) continue;
      const framework = `${place}/libtensorflow_framework${end}`;
      return { found: { folder: place, library, framework, from }, tried: [] };
    }
  }
  return {
    tried: [
      `${from}: no libtensorflow_cc${end} in ${top}, its lib or its tensorflow`,
    ],
  };
}
