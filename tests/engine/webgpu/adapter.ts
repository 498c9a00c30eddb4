/**
 * Whether tests of the webgpu engine can run here; the reason is printed where not.
 *
 * @module
 */

/** True where Deno's WebGPU sees an adapter. */
export const hasAdapter = await navigator.gpu?.requestAdapter() != null;
if (!hasAdapter) {
  console.log(
    "skipped: no graphics adapter; Debian's mesa-vulkan-drivers computes on the processor",
  );
}
