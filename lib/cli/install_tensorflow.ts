/**
 * Installs TensorFlow's libraries with pip into a folder of this repository that
 * git ignores, where engine `tensorflow` finds them.
 *
 * @module
 */
import { platform } from "../engine/foreign.ts";
import { INSTALL_FOLDER } from "../engine/tensorflow/find_library.ts";
import { gpuName } from "../engine/torch/gpu.ts";
import {
  type InstallOptions,
  metadataOf,
  pipInstaller,
} from "./pip_installer.ts";

/** What its package may be called. */
const NAMES = ["tensorflow", "tensorflow_cpu"];

/** TensorFlow's own libraries; all else in its package is for Python. */
const LIBRARY = /^libtensorflow(_cc|_framework)?\./;

/**
 * Installs TensorFlow's libraries, with CUDA's packages where there is a GPU, and
 * without the packages that only Python would need.
 *
 * @param options What, where to and how.
 * @throws {RangeError} If pip fails; its last lines stand above.
 */
export async function installTensorFlow(
  options: InstallOptions,
): Promise<void> {
  const { version, say, folder = INSTALL_FOLDER } = options;
  const gpu = options.cpu ? undefined : options.gpu ?? gpuName();
  const pip = pipInstaller("tensorflow", { ...options, folder });
  const package_ = `${packageFor(gpu)}${version ? `==${version}` : ""}`;
  say(`Installing ${package_} for ${gpu ?? "the processor"} into ${folder}`);
  await pip("--no-deps", package_);
  if (gpu !== undefined) {
    const needed = cudaPackages(await metadataOf(folder, NAMES));
    if (needed.length > 0) await pip(...needed);
  }
  await removeUnneeded(`${folder}/tensorflow`);
}

/** The package whose library fits: smaller for Intel's kind of processor alone. */
function packageFor(gpu: string | undefined): string {
  const { os, arch } = platform();
  const isSmall = gpu === undefined && os === "linux" && arch === "x86_64";
  return isSmall ? "tensorflow-cpu" : "tensorflow";
}

/**
 * The packages of CUDA that a TensorFlow was built for.
 *
 * @param metadata The text of TensorFlow's `METADATA`.
 * @returns Requirements for pip.
 *
 * @example Usage
 * ```ts
 * import { cudaPackages } from "#lib/cli/install_tensorflow.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const lines = `Requires-Dist: numpy>=1.26.0
 * Requires-Dist: nvidia-cudnn-cu12<10.0,>=9.3.0.75; extra == "and-cuda"`;
 * assertEquals(cudaPackages(lines), ["nvidia-cudnn-cu12<10.0,>=9.3.0.75"]);
 * ```
 */
export function cudaPackages(metadata: string): string[] {
  return [...metadata.matchAll(/^Requires-Dist: (nvidia-[^;\n]+)/gm)]
    .map(([, requirement]) => requirement!.trim());
}

/** Removes what only Python needs: more than half. */
async function removeUnneeded(folder: string): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    if (LIBRARY.test(name)) continue;
    await Deno.remove(`${folder}/${name}`, { recursive: true });
  }
}
