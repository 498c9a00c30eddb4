/**
 * Registers the engine `tensorflow`.
 *
 * @module
 */
import { checkThreads } from "../check_threads.ts";
import { hostKernels } from "../reference/host_kernels.ts";
import { tf } from "../tensor.ts";
import { gpuName } from "../torch/gpu.ts";
import { contextOf } from "./context.ts";
import { BACKEND, type Kernel, registerKernels } from "./kernel.ts";
import { withArrays } from "./kernels/arrays.ts";
import { attention, attentionGradient } from "./kernels/attention.ts";
import { withElementwise } from "./kernels/elementwise.ts";
import { hosted } from "./kernels/host.ts";
import { layerNorm, layerNormGradient } from "./kernels/layer_norm.ts";
import { linear, linearGradient } from "./kernels/linear.ts";
import { maxSim, maxSimGradient } from "./kernels/max_sim.ts";
import { moveKernels } from "./kernels/moves.ts";
import {
  dropout,
  embedding,
  embeddingGradient,
  sumOfSquares,
} from "./kernels/rows.ts";
import { adamW, scale, scheduleFreeAdamW } from "./kernels/steps.ts";
import { openTensorFlow, type TensorFlowLibrary } from "./library.ts";
import { operatorsOf } from "./operators.ts";
import { TensorFlowBackend } from "./tensorflow_backend.ts";
import { tensorsOf } from "./tensors.ts";

/** Settings of {@linkcode register}. */
export interface RegisterOptions {
  /** How many threads an operation may use; default TensorFlow's choice, one a core. */
  readonly threads?: number | undefined;
}

/** What computes, in words; a process starts one TensorFlow. */
let device: string | undefined;

/**
 * Opens TensorFlow and registers the backend `tensorflow` with all its kernels.
 *
 * A second call changes nothing: a process has one TensorFlow and one pool of
 * threads.
 *
 * @param options Threads.
 * @returns What computes, in words.
 * @throws {Deno.errors.NotFound} If TensorFlow cannot be opened.
 * @throws {RangeError} If `threads` is not a whole number from 1 on.
 */
export async function register(
  { threads }: RegisterOptions = {},
): Promise<{ device: string }> {
  checkThreads(BACKEND, threads);
  device ??= start(await openTensorFlow(), threads);
  return { device };
}

/** Starts computing; says where. */
function start(
  library: TensorFlowLibrary,
  threads: number | undefined,
): string {
  const context = contextOf(library, { threads });
  const gpu = context.devices.find((name) => name.includes(":GPU:"));
  const flow = tensorsOf(operatorsOf(context), gpu);
  const backend = new TensorFlowBackend(flow);
  tf.registerBackend(BACKEND, () => backend);
  registerKernels(allKernels());
  const name = `TensorFlow ${library.version} of ${library.found.from}`;
  if (gpu !== undefined) return `${name} on ${gpuName() ?? gpu}, fp32`;
  const seen = gpuName();
  const why = seen === undefined
    ? "no GPU"
    : `${seen} is not used: expected a TensorFlow with CUDA that fits its driver`;
  const used = threads ?? navigator.hardwareConcurrency;
  return `${name} on the processor, ${used} threads (${why}), fp32`;
}

/** Every kernel by name: the plain ones, before them what TensorFlow does. */
function allKernels(): Record<string, Kernel> {
  const plain = Object.fromEntries(
    Object.entries(hostKernels).map(([name, kernel]) => [name, hosted(kernel)]),
  );
  return {
    ...withArrays(withElementwise(plain)),
    ...moveKernels,
    LabLinear: linear,
    LabLinearGrad: linearGradient,
    LabAttention: attention,
    LabAttentionGrad: attentionGradient,
    LabLayerNorm: layerNorm,
    LabLayerNormGrad: layerNormGradient,
    LabEmbedding: embedding,
    LabEmbeddingGrad: embeddingGradient,
    LabDropout: dropout,
    LabMaxSim: maxSim,
    LabMaxSimGrad: maxSimGradient,
    LabAdamW: adamW,
    LabScale: scale,
    LabScheduleFreeAdamW: scheduleFreeAdamW,
    LabSumOfSquares: sumOfSquares,
  };
}
