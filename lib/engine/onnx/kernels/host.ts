/**
 * The plain kernels, run on the engine's own memory.
 *
 * @module
 */
import type { HostArray, HostKernel } from "../../reference/host_kernel.ts";
import type { Kernel, KernelCall } from "../kernel.ts";
import type { Info, OnnxBackend } from "../onnx_backend.ts";

/**
 * Makes a kernel of the engine from a plain one.
 *
 * @param kernel The plain kernel.
 * @returns The same over the engine's tensors.
 */
export function hosted(kernel: HostKernel): Kernel {
  return ({ inputs, attrs, backend }: KernelCall) => {
    const made = new Map<HostArray, Info>();
    const outputs = kernel({
      inputs: Object.fromEntries(
        Object.entries(inputs)
          .filter(([, info]) => info !== undefined)
          .map(([name, info]) => [name, hostArray(backend, info!)]),
      ),
      attrs,
      allocate(shape, dtype) {
        const info = backend.allocate(shape, dtype);
        const array = hostArray(backend, info);
        made.set(array, info);
        return array;
      },
    });
    return Array.isArray(outputs)
      ? outputs.map((output) => made.get(output)!)
      : made.get(outputs as HostArray)!;
  };
}

/** A tensor as plain memory. */
function hostArray(backend: OnnxBackend, info: Info): HostArray {
  return {
    values: backend.values(info),
    shape: info.shape,
    dtype: info.dtype as HostArray["dtype"],
  };
}
