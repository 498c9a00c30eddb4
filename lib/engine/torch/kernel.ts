/**
 * How kernels of the `torch` engine are written and registered.
 *
 * @module
 */
import { tf } from "../tensor.ts";
import type { Argument, Handle } from "./operators.ts";
import type { Info, TorchBackend } from "./torch_backend.ts";
import type { Tensors } from "./tensors.ts";

/** What a kernel is given. */
export interface KernelCall {
  /** Tensors by name. */
  readonly inputs: Readonly<Record<string, Info | undefined>>;
  /** Settings by name, of the types that the operation documents. */
  // deno-lint-ignore no-explicit-any -- TensorFlow.js types every setting alike
  readonly attrs: Readonly<Record<string, any>>;
  /** Where the tensors live. */
  readonly backend: TorchBackend;
  /** libtorch, as the backend has it. */
  readonly torch: Tensors;
}

/** A kernel: new tensors from tensors. What else it makes is freed behind it. */
export type Kernel = (call: KernelCall) => Info | Info[];

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
  for (const [kernelName, kernel] of Object.entries(kernels)) {
    tf.registerKernel({
      kernelName,
      backendName: BACKEND,
      kernelFunc: ({ inputs, attrs, backend }) => {
        const { torch } = backend as TorchBackend;
        return torch.scoped(() =>
          kernel({
            inputs: inputs as KernelCall["inputs"],
            attrs: attrs ?? {},
            backend: backend as TorchBackend,
            torch,
          })
        );
      },
    });
  }
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
