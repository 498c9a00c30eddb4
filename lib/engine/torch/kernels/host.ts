/**
 * The plain kernels, on copies in the processor's memory: for what is rare.
 *
 * @module
 */
import type {
  HostArray,
  HostKernel,
  HostType,
} from "../../reference/host_kernel.ts";
import { type StoredNumbers, VIEW } from "../../stored_numbers.ts";
import type { Kernel, KernelCall } from "../kernel.ts";
import { sizeOf } from "../../reference/shape_walk.ts";
import { ELEMENT_OF } from "../elements.ts";
import type { Info } from "../torch_backend.ts";

/**
 * Makes a kernel of the engine from a plain one.
 *
 * @param kernel The plain kernel.
 * @returns The same over the engine's tensors.
 */
export function hosted(kernel: HostKernel): Kernel {
  return (call: KernelCall) => {
    const { inputs, attrs, backend, torch } = call;
    const read = ({ dtype, shape, ...info }: Info): HostArray => ({
      values: torch.toHost(
        backend.handle({ dtype, shape, ...info }),
        dtype as HostType,
        sizeOf(shape),
      ),
      shape,
      dtype: dtype as HostType,
    });
    const made = kernel({
      inputs: Object.fromEntries(
        Object.entries(inputs).filter(([, info]) => info != null)
          .map(([name, info]) => [name, read(info!)]),
      ),
      attrs,
      allocate: (shape, dtype) => ({
        values: new VIEW[dtype](sizeOf(shape)),
        shape,
        dtype,
      }),
    });
    const give = ({ values, shape, dtype }: HostArray): Info =>
      backend.adopt(
        torch.fromHost(values as StoredNumbers, shape, ELEMENT_OF[dtype]),
        shape,
        dtype,
      );
    return Array.isArray(made) ? made.map(give) : give(made as HostArray);
  };
}
