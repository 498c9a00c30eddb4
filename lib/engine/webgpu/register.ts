import { tf } from "../tensor.ts";
import { graphicsDevice } from "./device.ts";
import { maxSimKernels } from "./max_sim.ts";
import { repairKernels } from "./repaired_kernels.ts";
import { stepKernels } from "./steps.ts";
import { WaitingBackend } from "./waiting_backend.ts";

/** The backend's name, the package's own. */
const NAME = "webgpu";

let started: Promise<string> | undefined;

/**
 * Prepares TensorFlow.js's own WebGPU backend under the name `webgpu`, with MaxSim, its
 * gradient and the optimisers' steps in WGSL, and reads that wait.
 *
 * Other fused operations run as their compositions. Nothing but the device is needed:
 * Deno asks for no permission.
 *
 * @returns What it runs on.
 * @throws {RangeError} If there is no adapter, or its buffers cannot be read at once.
 */
export async function register(): Promise<{ device: string }> {
  started ??= start();
  try {
    return { device: await started };
  } catch (error) {
    started = undefined; // a driver may come later
    throw error;
  }
}

async function start(): Promise<string> {
  const { device, info, text } = await graphicsDevice();
  const backend = new WaitingBackend(device, info);
  // the package has registered its own, which cannot be read at once in Deno
  tf.removeBackend(NAME);
  tf.registerBackend(NAME, () => backend);
  repairKernels(NAME);
  const fused = { ...maxSimKernels, ...stepKernels };
  for (const [kernelName, kernelFunc] of Object.entries(fused)) {
    tf.registerKernel({ kernelName, backendName: NAME, kernelFunc });
  }
  tryReading(backend);
  return text;
}

/** Reads two numbers back from the device, or throws why that cannot be done. */
function tryReading(backend: WaitingBackend): void {
  const given = new Float32Array([1, 2]);
  const { dataId } = backend.makeTensorInfo([2], "float32", given);
  backend.uploadToGPU(dataId);
  const got = backend.readSync(dataId) as Float32Array;
  backend.disposeData(dataId);
  if (got[0] === 1 && got[1] === 2) return;
  throw new RangeError(
    `Cannot load the webgpu engine: expected the numbers 1 and 2 back from the graphics device, got ${got}`,
  );
}
