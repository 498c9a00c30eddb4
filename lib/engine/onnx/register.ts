/**
 * Registers the engine `onnx`.
 *
 * @module
 */
import { checkThreads } from "../check_threads.ts";
import { hostKernels } from "../reference/host_kernels.ts";
import { tf } from "../tensor.ts";
import { viewKernels } from "../view_kernels.ts";
import { BACKEND, type Kernel, registerKernels } from "./kernel.ts";
import { attention, attentionGradient } from "./kernels/attention.ts";
import { withCopies } from "./kernels/copies.ts";
import { dropout } from "./kernels/dropout.ts";
import { embedding, embeddingGradient } from "./kernels/embedding.ts";
import { hosted } from "./kernels/host.ts";
import { withLarge } from "./kernels/large.ts";
import { layerNorm, layerNormGradient } from "./kernels/layer_norm.ts";
import {
  activatedLinearGradient,
  feedForward,
  linear,
  linearGradient,
} from "./kernels/linear.ts";
import { maxSim } from "./kernels/max_sim.ts";
import { maxSimGradient } from "./kernels/max_sim_gradient.ts";
import {
  adamW,
  scale,
  scheduleFreeAdamW,
  sumOfSquares,
} from "./kernels/steps.ts";
import { unitNorm, unitNormGradient } from "./kernels/unit_norm.ts";
import { cast } from "./kernels/cast.ts";
import { openOnnxLibrary } from "./library.ts";
import { OnnxBackend } from "./onnx_backend.ts";
import { startRuntime } from "./runtime.ts";

/** Settings of {@linkcode register}. */
export interface RegisterOptions {
  /** How many threads compute; default one a core. */
  readonly threads?: number | undefined;
}

/**
 * Opens ONNX Runtime and registers the backend `onnx` with all its kernels.
 *
 * A second call changes nothing: a process has one runtime and one pool of
 * threads.
 *
 * @param options Threads.
 * @returns What computes, in words.
 * @throws {Deno.errors.NotFound} If ONNX Runtime cannot be opened.
 * @throws {RangeError} If `threads` is not a whole number from 1 on.
 */
export async function register(
  { threads = navigator.hardwareConcurrency }: RegisterOptions = {},
): Promise<{ device: string }> {
  checkThreads(BACKEND, threads);
  if (device === undefined) {
    const library = await openOnnxLibrary();
    const backend = new OnnxBackend(startRuntime(library, { threads }));
    tf.registerBackend(BACKEND, () => backend);
    registerKernels(allKernels());
    device = `ONNX Runtime ${library.version}, ${threads} threads`;
  }
  return { device };
}

/** What was started; a process starts one runtime. */
let device: string | undefined;

/** Every kernel by name: the plain ones, before them what we do better. */
function allKernels(): Record<string, Kernel> {
  const plain = Object.fromEntries(
    Object.entries(hostKernels).map(([name, kernel]) => [name, hosted(kernel)]),
  );
  return {
    ...withLarge(withCopies(plain)),
    Cast: cast(plain.Cast!),
    ...viewKernels,
    LabLinear: linear,
    LabLinearGrad: linearGradient,
    LabFeedForward: feedForward,
    LabActivatedLinearGrad: activatedLinearGradient,
    LabAttention: attention,
    LabAttentionGrad: attentionGradient,
    LabLocalAttention: attention,
    LabLocalAttentionGrad: attentionGradient,
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
