/**
 * Installs PyTorch's libraries with pip into a folder of this repository that
 * git ignores, where engine `torch` finds them.
 *
 * @module
 */
import { INSTALL_FOLDER } from "../engine/torch/find_library.ts";
import { gpuName } from "../engine/torch/gpu.ts";
import {
  type InstallOptions,
  metadataOf,
  pipInstaller,
} from "./pip_installer.ts";

/** Parts of PyTorch's `lib` that a processor does not need: most of its size. */
const FOR_GPU = /^lib(torch_cuda|torch_nvshmem|c10_cuda|caffe2_nvrtc)/;
/** Parts that only Python needs. */
const FOR_PYTHON = /^lib(torch_python|shm)/;

/**
 * Installs PyTorch: all of it where there is a GPU, else its libraries for
 * processors alone, without the packages that Python would need.
 *
 * @param options What, where to and how.
 * @throws {RangeError} If pip fails; its last lines stand above.
 */
export async function installTorch(options: InstallOptions): Promise<void> {
  const { version, say, folder = INSTALL_FOLDER } = options;
  const gpu = options.cpu ? undefined : options.gpu ?? gpuName();
  const pip = pipInstaller("torch", { ...options, folder });
  const package_ = `torch${version ? `==${version}` : ">=2.10"}`;
  say(`Installing ${package_} for ${gpu ?? "the processor"} into ${folder}`);
  if (gpu !== undefined) return await pip(package_);
  await pip("--no-deps", package_);
  const needed = neededPackages(await metadataOf(folder, ["torch"]));
  if (needed.length > 0) await pip(...needed);
  await removeUnneeded(folder);
}

/**
 * The packages that PyTorch's library for processors cannot be loaded without:
 * CUDA's runtime and profiling interface, small ones, in builds that know CUDA.
 *
 * @param metadata The text of PyTorch's `METADATA`.
 * @returns Requirements for pip.
 *
 * @example Usage
 * ```ts
 * import { neededPackages } from "#lib/cli/install_torch.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const line = 'Requires-Dist: cuda-toolkit[cublas,cudart,cupti]==13.2.2; platform_system == "Linux"';
 * assertEquals(neededPackages(line), ["cuda-toolkit[cudart,cupti]==13.2.2"]);
 * ```
 */
export function neededPackages(metadata: string): string[] {
  const requirements = [...metadata.matchAll(/^Requires-Dist: ([^;\n]+)/gm)]
    .map(([, requirement]) => requirement!.trim());
  return requirements.flatMap((requirement) => {
    const toolkit = /^cuda-toolkit\[.*\](.*)$/.exec(requirement);
    if (toolkit) return [`cuda-toolkit[cudart,cupti]${toolkit[1]}`];
    return /^nvidia-cuda-(runtime|cupti)/.test(requirement)
      ? [requirement]
      : [];
  });
}

/** Removes what a processor does not need. */
async function removeUnneeded(folder: string): Promise<void> {
  for await (const { name } of Deno.readDir(`${folder}/torch`)) {
    if (name !== "lib") {
      await Deno.remove(`${folder}/torch/${name}`, { recursive: true });
    }
  }
  for await (const { name } of Deno.readDir(`${folder}/torch/lib`)) {
    if (FOR_GPU.test(name) || FOR_PYTHON.test(name)) {
      await Deno.remove(`${folder}/torch/lib/${name}`, { recursive: true });
    }
  }
}
