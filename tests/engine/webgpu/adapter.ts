/**
 * Whether tests of the webgpu engine can run here; the reason is printed where not.
 *
 * @module
 */
import { graphicsDevice } from "#lib/engine/webgpu/device.ts";

/** True where the engine finds a device. */
export const hasAdapter: boolean = await graphicsDevice().then(
  () => true,
  (error: Error) => {
    console.log(`skipped: ${error.message}`);
    return false;
  },
);
