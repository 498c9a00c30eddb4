/**
 * How kernels of the `tensorflow` engine are written and registered.
 *
 * @module
 */
import * as plain from "../register_kernels.ts";
import type { TensorFlowBackend } from "./tensorflow_backend.ts";
import type { Tensors } from "./tensors.ts";

/** What a kernel is given. */
export interface KernelCall extends plain.KernelCall<TensorFlowBackend> {
  /** TensorFlow, as the backend has it. */
  readonly flow: Tensors;
}

/** A kernel: new tensors from tensors. What else it makes is freed behind it. */
export type Kernel = plain.Kernel<KernelCall>;

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
  plain.registerKernels<TensorFlowBackend, KernelCall>(
    BACKEND,
    kernels,
    (kernel, call) => {
      const { flow } = call.backend;
      return flow.scoped(() => kernel({ ...call, flow }));
    },
  );
}
