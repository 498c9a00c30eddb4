/**
 * How kernels of the `torch` engine are written and registered.
 *
 * @module
 */
import * as plain from "../register_kernels.ts";
import type { Argument, Handle } from "./operators.ts";
import type { TorchBackend } from "./torch_backend.ts";
import type { Tensors } from "./tensors.ts";

/** What a kernel is given. */
export interface KernelCall extends plain.KernelCall<TorchBackend> {
  /** libtorch, as the backend has it. */
  readonly torch: Tensors;
}

/** A kernel: new tensors from tensors. What else it makes is freed behind it. */
export type Kernel = plain.Kernel<KernelCall>;

/** The name that the engine has in TensorFlow.js. */
export const BACKEND = "torch";

/**
 * Registers kernels by name.
 *
 * @param kernels The kernels.
 */
export function registerKernels(
  kernels: Readonly<Record<string, Kernel>>,
): void {
  plain.registerKernels<TorchBackend, KernelCall>(
    BACKEND,
    kernels,
    (kernel, call) => {
      const { torch } = call.backend;
      return torch.scoped(() => kernel({ ...call, torch }));
    },
  );
}

/** Two tensors as one kind of elements: the wider one. */
export function alike(
  { as, elementOf }: Tensors,
  a: Handle,
  b: Handle,
): [Handle, Handle] {
  const [left, right] = [elementOf(a), elementOf(b)];
  if (left === right) return [a, b];
  const wider = 6; // 32-bit floats; the other one is bf16
  return [as(a, wider), as(b, wider)];
}

/** Nothing, for an operator that can do without. */
export function optional(tensor: Handle | undefined): Argument {
  return tensor === undefined ? null : { some: tensor };
}
