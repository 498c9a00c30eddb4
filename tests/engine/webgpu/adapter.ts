/**
 * Whether tests of the webgpu engine can run here; the reason is printed where not.
 *
 * @module
 */
import { tf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { graphicsDevice } from "#lib/engine/webgpu/device.ts";
import { assertEquals } from "@std/assert";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";

/** True where the engine finds a device. */
export const hasAdapter: boolean = await graphicsDevice().then(
  () => true,
  (error: Error) => {
    console.log(`skipped: ${error.message}`);
    return false;
  },
);

/** Does work as if an array of the device held only so many bytes. */
export async function withRoom(bytes: number, work: () => void): Promise<void> {
  await useEngine("webgpu");
  const { limits } = (tf.backend() as WebGPUBackend).device;
  const name = "maxStorageBufferBindingSize";
  Object.defineProperty(limits, name, { value: bytes, configurable: true });
  try {
    assertEquals(limits[name], bytes);
    work();
  } finally {
    delete (limits as unknown as Record<string, unknown>)[name];
  }
}
