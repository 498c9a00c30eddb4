/**
 * Registers the engine `torch`.
 *
 * @module
 */
import { checkThreads } from "../check_threads.ts";
import { hostKernels } from "../reference/host_kernels.ts";
import { tf } from "../tensor.ts";
import { BACKEND, type Kernel, registerKernels } from "./kernel.ts";
import { withArrays } from "./kernels/arrays.ts";
import { attention, attentionGradient } from "./kernels/attention.ts";
import { dropout } from "./kernels/dropout.ts";
import { withElementwise } from "./kernels/elementwise.ts";
import {
  activatedLinearGradient,
  feedForward,
} from "./kernels/feed_forward.ts";
import { hosted } from "./kernels/host.ts";
import { layerNorm, layerNormGradient } from "./kernels/layer_norm.ts";
import { linear, linearGradient } from "./kernels/linear.ts";
import { listSteps } from "./kernels/list_steps.ts";
import { maxSim } from "./kernels/max_sim.ts";
import { maxSimOnGpu } from "./kernels/max_sim_cuda.ts";
import { maxSimGradient } from "./kernels/max_sim_gradient.ts";
import { moveKernels } from "./kernels/moves.ts";
import {
  embedding,
  embeddingGradient,
  unitNorm,
  unitNormGradient,
} from "./kernels/rows.ts";
import {
  adamW,
  scale,
  scheduleFreeAdamW,
  sumOfSquares,
} from "./kernels/steps.ts";
import type { Gpu } from "./gpu.ts";
import { openTorch, type TorchLibrary } from "./library.ts";
import { operatorsOf } from "./operators.ts";
import type { Precision } from "../precision.ts";
import { tensorsOf } from "./tensors.ts";
import { TorchBackend } from "./torch_backend.ts";

/** Settings of {@linkcode register}. */
export interface RegisterOptions {
  /** How many threads compute; default libtorch's own choice, one a core. */
  readonly threads?: number | undefined;
  /** How activations are stored and products made. Default `fp32`. */
  readonly precision?: Precision | undefined;
}

/** What was started; a process starts one libtorch. */
interface Started {
  readonly backend: TorchBackend;
  readonly device: string;
  /** Whether products of 32-bit floats are made in TF32. */
  readonly isTf32: boolean;
}

let started: Started | undefined;

/**
 * Opens libtorch and registers the backend `torch` with all its kernels.
 *
 * A second call changes the precision and nothing else: a process has one
 * libtorch and one pool of threads.
 *
 * @param options Threads and precision.
 * @returns What computes, in words.
 * @throws {Deno.errors.NotFound} If libtorch cannot be opened.
 * @throws {RangeError} If `threads` is not a whole number from 1 on, or the
 * precision is not to be had here.
 */
export async function register(
  { threads, precision = "fp32" }: RegisterOptions = {},
): Promise<{ device: string }> {
  checkThreads(BACKEND, threads);
  started ??= start(
    await openTorch({ environment: environmentFor(threads, precision) }),
    precision,
  );
  checkPrecision(started, precision);
  started.backend.precision = precision;
  return { device: `${started.device}, ${precision}` };
}

/** What libtorch reads when it is loaded. */
function environmentFor(
  threads: number | undefined,
  precision: Precision,
): Record<string, string> {
  return {
    ...(threads !== undefined &&
      { OMP_NUM_THREADS: `${threads}`, MKL_NUM_THREADS: `${threads}` }),
    ...(precision === "tf32" && { TORCH_ALLOW_TF32_CUBLAS_OVERRIDE: "1" }),
  };
}

/** Starts computing. */
function start(library: TorchLibrary, precision: Precision): Started {
  const { functions, version } = library;
  functions.aoti_torch_grad_mode_set_enabled(false);
  const gpu = workingGpu(library);
  const isCuda = gpu.add !== undefined;
  const { capability = 0 } = gpu;
  const torch = tensorsOf(library, operatorsOf(library), { isCuda });
  const backend = new TorchBackend(torch);
  // GPUs before Ampere have neither products nor flash attention in bf16.
  backend.isShort = isCuda ? capability >= 8 : library.hasMatrixUnit;
  tf.registerBackend(BACKEND, () => backend);
  registerKernels({
    ...allKernels(),
    ...(isCuda && { ...listSteps, LabMaxSim: maxSimOnGpu(library, maxSim) }),
  });
  const device = isCuda
    ? `libtorch ${version} on ${gpu.text}`
    : `libtorch ${version} on the processor, ${torch.threads} threads (${gpu.text})`;
  return { backend, device, isTf32: precision === "tf32" };
}

/** The GPU where libtorch can compute on it; a driver too old shows with the first number. */
function workingGpu(library: TorchLibrary): Gpu {
  const { gpu } = library;
  if (gpu.add === undefined) return gpu;
  const torch = tensorsOf(library, operatorsOf(library), { isCuda: true });
  try {
    torch.scoped(() => torch.full([1], 0));
    return gpu;
  } catch (error) {
    return { text: `${gpu.text} is not used: ${(error as Error).message}` };
  }
}

/** Refuses a precision that this process cannot have. */
function checkPrecision(
  { backend, isTf32 }: Started,
  precision: Precision,
): void {
  if (precision === "tf32" && !backend.torch.isCuda) {
    throw new RangeError(
      "Cannot compute in tf32 on engine torch: expected a GPU with CUDA, got a processor; use fp32 or bf16",
    );
  }
  if ((precision === "tf32") !== isTf32 && precision !== "bf16") {
    throw new RangeError(
      `Cannot compute in ${precision} on engine torch: expected the precision of products that this process began with, got another; start a new process`,
    );
  }
}

/** Every kernel by name: the plain ones, before them what libtorch does. */
function allKernels(): Record<string, Kernel> {
  const plain = Object.fromEntries(
    Object.entries(hostKernels).map(([name, kernel]) => [name, hosted(kernel)]),
  );
  return {
    ...withArrays(withElementwise(plain)),
    ...moveKernels,
    LabLinear: linear,
    LabLinearGrad: linearGradient,
    LabFeedForward: feedForward,
    LabActivatedLinearGrad: activatedLinearGradient,
    LabAttention: attention,
    LabAttentionGrad: attentionGradient,
    LabLayerNorm: layerNorm,
    LabLayerNormGrad: layerNormGradient,
    LabEmbedding: embedding,
    LabEmbeddingGrad: embeddingGradient,
    LabUnitNorm: unitNorm,
    LabUnitNormGrad: unitNormGradient,
    LabDropout: dropout,
    LabMaxSim: maxSim,
    LabMaxSimGrad: maxSimGradient,
    LabAdamW: adamW,
    LabScheduleFreeAdamW: scheduleFreeAdamW,
    LabScale: scale,
    LabSumOfSquares: sumOfSquares,
  };
}
