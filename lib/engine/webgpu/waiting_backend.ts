import { tf } from "../tensor.ts";
import { readNow } from "./read_now.ts";
import { webgpu_util, WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";

/**
 * TensorFlow.js's own WebGPU backend, but reading waits for the device, and a program
 * that the device refused is an error instead of zeros.
 *
 * A refusal is heard of only when the thread is free for a moment: it is told by the
 * first read after that, and by every later one.
 */
export class WaitingBackend extends WebGPUBackend {
  #refusal: string | undefined;

  /**
   * @param device What computes.
   * @param info Its adapter's own words.
   */
  constructor(device: GPUDevice, info: GPUAdapterInfo) {
    super(device, info);
    device.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      const { message } = (event as GPUUncapturedErrorEvent).error;
      this.#refusal ??= message.trim().split("\n")[0];
    });
  }

  /**
   * Gives a tensor an array of the device; one that the device cannot have is refused
   * here, at once, so that whoever asked can go on with less at a time.
   *
   * @param dataId The tensor's data.
   * @throws {RangeError} If it is larger than any array of the device.
   */
  override uploadToGPU(dataId: object): void {
    const { resource, values, dtype, shape } = this.tensorMap.get(dataId);
    const { maxBufferSize, maxStorageBufferBindingSize } = this.device.limits;
    const most = Math.min(maxBufferSize, maxStorageBufferBindingSize);
    const bytes = webgpu_util.GPUBytesPerElement(dtype) *
      tf.util.sizeFromShape(shape);
    if (resource == null && bytes > most) {
      if (values == null) this.disposeData(dataId, true); // nobody has it yet
      throw new RangeError(
        `Cannot make a tensor on engine webgpu: expected ${bytes} bytes of memory, got at most ${most} in one array of this graphics device`,
      );
    }
    super.uploadToGPU(dataId);
  }

  /**
   * @param dataId The tensor's data.
   * @returns Its numbers.
   * @throws {RangeError} If the device has refused something.
   */
  override readSync(dataId: object): tf.backend_util.BackendValues {
    if (this.#refusal !== undefined) {
      throw new RangeError(
        `Cannot read from the graphics device: expected it to take every program, got its refusal: ${this.#refusal}`,
      );
    }
    const { values, resource, dtype } = this.tensorMap.get(dataId);
    if (values != null || !(resource instanceof GPUBuffer)) {
      return values as tf.backend_util.BackendValues;
    }
    this.endComputePassEncoder();
    this.ensureCommandEncoderReady();
    this.submitQueue();
    return tf.util.convertBackendValuesAndArrayBuffer(
      readNow(this.device, resource),
      dtype,
    );
  }
}
