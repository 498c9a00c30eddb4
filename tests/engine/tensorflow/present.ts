import type { TensorFlowBackend } from "#lib/engine/tensorflow/tensorflow_backend.ts";
import { tf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";

/**
 * Puts tensorflow in use, or says why its tests are skipped here: TensorFlow's
 * libraries are no dependency of the lab.
 */
export async function tensorFlowBackend(): Promise<
  TensorFlowBackend | undefined
> {
  try {
    await useEngine("tensorflow");
    return tf.backend() as TensorFlowBackend;
  } catch (error) {
    console.log(`skipped: ${(error as Error).message}`);
    return undefined;
  }
}
