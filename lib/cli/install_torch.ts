/**
 * Installs PyTorch's libraries with pip into a folder of this repository that
 * git ignores, where engine `torch` finds them.
 *
 * @module
 */
import { INSTALL_FOLDER } from "../engine/torch/find_library.ts";
import { gpuName } from "../engine/torch/gpu.ts";

/** A program, run to its end. */
export type RunProgram = (
  program: string,
  args: readonly string[],
) => Promise<void>;

/** What to install, and how. */
export interface InstallOptions {
  /** The Python whose pip installs. */
  readonly python: string;
  /** PyTorch's version; absent for the newest. */
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
}

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
  const { python, version, indexUrl, say, folder = INSTALL_FOLDER } = options;
  const run = options.run ?? childProcess("torch", options.signal);
  const gpu = options.cpu ? undefined : gpuName();
  const pip = (...what: string[]) =>
    run(python, [
      ...["-m", "pip", "install", "--upgrade", "--target", folder],
      ...(indexUrl ? ["--index-url", indexUrl] : []),
      ...what,
    ]);
  const package_ = `torch${version ? `==${version}` : ">=2.10"}`;
  say(`Installing ${package_} for ${gpu ?? "the processor"} into ${folder}`);
  if (gpu !== undefined) return await pip(package_);
  await pip("--no-deps", package_);
  const needed = neededPackages(await metadataOf(folder));
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

/** PyTorch's own list of what it needs. */
async function metadataOf(folder: string): Promise<string> {
  for await (const { name } of Deno.readDir(folder)) {
    if (!/^torch-.*\.dist-info$/.test(name)) continue;
    return await Deno.readTextFile(`${folder}/${name}/METADATA`);
  }
  throw new Deno.errors.NotFound(
    `Cannot install torch: expected pip to write ${folder}/torch-*.dist-info, got none`,
  );
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

/**
 * Runs programs whose output goes where ours goes.
 *
 * @param what What is installed, for people.
 * @param signal Stops them.
 * @returns Runs one to its end.
 * @throws {RangeError} If it fails.
 */
export function childProcess(
  what: string,
  signal: AbortSignal | undefined,
): RunProgram {
  return async (program, args) => {
    const { success, code } = await started(program, args, { what, signal });
    if (success) return;
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
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Deno.errors.NotFound(
      `Cannot install ${what}: expected a program ${program}, got none; name one with --python`,
    );
  }
}
