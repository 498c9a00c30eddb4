/** A graphics device and what it is called. */
export interface GraphicsDevice {
  /** Takes work. */
  readonly device: GPUDevice;
  /** Its adapter's own words. */
  readonly info: GPUAdapterInfo;
  /** What it is, for people. */
  readonly text: string;
}

/** Limits that are asked for as high as the adapter has them. */
const LIMITS = [
  "maxComputeWorkgroupStorageSize",
  "maxComputeWorkgroupsPerDimension",
  "maxStorageBufferBindingSize",
  "maxBufferSize",
  "maxComputeWorkgroupSizeX",
  "maxComputeInvocationsPerWorkgroup",
] as const;

/** What Deno's adapters offer through everything but OpenGL. */
const NOT_OPENGL = "bgra8unorm-storage";

/**
 * Asks Deno's WebGPU for a device.
 *
 * @param gpu Where adapters come from; Deno's own by default.
 * @returns The device.
 * @throws {RangeError} If there is none, in one line that says what to do.
 */
export async function graphicsDevice(
  gpu: Pick<GPU, "requestAdapter"> | undefined = navigator.gpu,
): Promise<GraphicsDevice> {
  const adapter = await gpu?.requestAdapter({
    powerPreference: "high-performance",
  });
  if (!adapter) {
    throw new RangeError(
      "Cannot load the webgpu engine: expected a graphics adapter that Deno's WebGPU sees, got none; " +
        "install the driver (Vulkan on Linux; Debian's mesa-vulkan-drivers also computes on the processor)",
    );
  }
  if (!adapter.features.has(NOT_OPENGL)) {
    throw new RangeError(
      `Cannot load the webgpu engine: expected an adapter through Vulkan, Metal or Direct3D, got ${adapter.info.description} through OpenGL, whose numbers differ; install a Vulkan driver`,
    );
  }
  const device = await adapter.requestDevice({
    requiredLimits: Object.fromEntries(
      LIMITS.map((name) => [name, adapter.limits[name]]),
    ),
  });
  const { info } = adapter;
  const kind = info.isFallbackAdapter ? ", on the processor" : "";
  const name = info.description || info.vendor || "an adapter without a name";
  return { device, info, text: `WebGPU on ${name}${kind}` };
}
