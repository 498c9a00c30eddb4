import type { Precision } from "#lib/engine/precision.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import type { TorchBackend } from "#lib/engine/torch/torch_backend.ts";
import { tf } from "#lib/engine/tensor.ts";

/**
 * Puts torch in use, or says why its tests are skipped here: libtorch is no
 * dependency of the lab.
 */
export async function torchBackend(
  precision: Precision = "fp32",
): Promise<TorchBackend | undefined> {
  try {
    await useEngine("torch", { precision });
    return tf.backend() as TorchBackend;
  } catch (error) {
    console.log(`skipped: ${(error as Error).message}`);
    return undefined;
  }
}
