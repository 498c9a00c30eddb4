/**
 * Copies a buffer to the host and waits for it without giving up the thread.
 *
 * WebGPU promises a mapped buffer only later. Deno's `mapAsync` waits for the device
 * before it returns its promise, so the bytes can be taken at once; and a buffer that
 * was mapped when it was made keeps the mode that `getMappedRange` asks for. Where a
 * Deno does neither, this throws: the engine tries it once before it is used.
 *
 * Cost: waits for all work given to the device; two copies.
 * Differs: TensorFlow.js reads at once through a browser's canvas, which Deno lacks.
 *
 * @param device Whose buffer it is; all work on it has been submitted.
 * @param buffer With the usage COPY_SRC; its size a multiple of 4.
 * @returns Its bytes.
 * @throws {RangeError} If the bytes are not there yet.
 */
export function readNow(device: GPUDevice, buffer: GPUBuffer): ArrayBuffer {
  const staging = device.createBuffer({
    size: buffer.size,
    usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
    mappedAtCreation: true,
  });
  staging.unmap();
  const commands = device.createCommandEncoder();
  commands.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
  device.queue.submit([commands.finish()]);
  const mapped = staging.mapAsync(GPUMapMode.READ);
  const letGo = () => staging.destroy(); // not before Deno has done with it
  mapped.then(letGo, letGo);
  try {
    const bytes = staging.getMappedRange().slice(0);
    staging.unmap(); // the range is let go before its memory is
    return bytes;
  } catch (error) {
    throw new RangeError(
      `Cannot read from the graphics device: expected a Deno whose WebGPU waits when a buffer is mapped (2.9), got ${
        (error as Error).message
      }`,
    );
  }
}
