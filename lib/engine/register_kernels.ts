/**
 * How an engine's kernels are given to TensorFlow.js.
 *
 * @module
 */
import type { CountedBackend, CountedEntry } from "./counted_backend.ts";
import { tf } from "./tensor.ts";

/** What a kernel is given. */
export interface KernelCall<Backend> {
  /** Tensors by name. */
  readonly inputs: Readonly<Record<string, tf.TensorInfo | undefined>>;
  /** Settings by name, of the types that the operation documents. */
  // deno-lint-ignore no-explicit-any -- TensorFlow.js types every setting alike
  readonly attrs: Readonly<Record<string, any>>;
  /** Where the tensors live. */
  readonly backend: Backend;
}

/** A kernel: new tensors from tensors. */
export type Kernel<Call> = (call: Call) => tf.TensorInfo | tf.TensorInfo[];

/**
 * Registers kernels by name. What one that fails has made is freed.
 *
 * @param backendName The engine's name in TensorFlow.js.
 * @param kernels The kernels.
 * @param perform Calls a kernel, with what the engine adds to the call.
 */
export function registerKernels<
  Backend extends CountedBackend<CountedEntry>,
  Call,
>(
  backendName: string,
  kernels: Readonly<Record<string, Kernel<Call>>>,
  perform: (
    kernel: Kernel<Call>,
    call: KernelCall<Backend>,
  ) => tf.TensorInfo | tf.TensorInfo[],
): void {
  for (const [kernelName, kernel] of Object.entries(kernels)) {
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs, backend }) => {
        const call = {
          inputs: inputs as KernelCall<Backend>["inputs"],
          attrs: attrs ?? {},
          backend: backend as Backend,
        };
        return call.backend.attempt(() => perform(kernel, call));
      },
    });
  }
}
