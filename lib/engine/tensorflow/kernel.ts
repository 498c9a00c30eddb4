/**
 * How kernels of the `tensorflow` engine are written and registered.
 *
 * @module
 */
import { tf } from "../tensor.ts";
import type { Info, TensorFlowBackend } from "./tensorflow_backend.ts";
import type { Tensors } from "./tensors.ts";

/** What a kernel is given. */
export interface KernelCall {
  /** Tensors by name. */
  readonly inputs: Readonly<Record<string, Info | undefined>>;
  /** Settings by name, of the types that the operation documents. */
  // deno-lint-ignore no-explicit-any -- TensorFlow.js types every setting alike
  readonly attrs: Readonly<Record<string, any>>;
  /** Where the tensors live. */
  readonly backend: TensorFlowBackend;
  /** TensorFlow, as the backend has it. */
  readonly flow: Tensors;
}

/** A kernel: new tensors from tensors. What else it makes is freed behind it. */
export type Kernel = (call: KernelCall) => Info | Info[];

/** The name that the engine has in TensorFlow.js. */
export const BACKEND = "tensorflow";

/**
 * Registers kernels by name.
 *
 * @param kernels The kernels.
 */
export function registerKernels(
  kernels: Readonly<Record<string, Kernel>>,
): void {
  for (const [kernelName, kernel] of Object.entries(kernels)) {
    tf.registerKernel({
      kernelName,
      backendName: BACKEND,
      kernelFunc: ({ inputs, attrs, backend: given }) => {
        const backend = given as TensorFlowBackend;
        const { flow } = backend;
        return flow.scoped(() =>
          kernel({
            inputs: inputs as KernelCall["inputs"],
            attrs: attrs ?? {},
            backend,
            flow,
          })
        );
      },
    });
  }
}
