/**
 * The plain kernels, on TensorFlow's own memory: for what is rare. On the
 * processor nothing is copied, neither in nor out.
 *
 * @module
 */
import { VIEW } from "../../stored_numbers.ts";
import type {
  HostArray,
  HostKernel,
  HostType,
} from "../../reference/host_kernel.ts";
import { sizeOf } from "../../reference/shape_walk.ts";
import type { Kernel, KernelCall } from "../kernel.ts";
import { type Allocation, BYTES } from "../operators.ts";
import type { Info } from "../tensorflow_backend.ts";
import { ELEMENT_OF } from "../tensors.ts";

/** An array over memory of TensorFlow. */
function arrayOver(
  { bytes }: Allocation,
  shape: readonly number[],
  dtype: HostType,
): HostArray {
  return { values: new VIEW[dtype](bytes), shape, dtype };
}

/**
 * Makes a kernel of the engine from a plain one.
 *
 * @param kernel The plain kernel.
 * @returns The same over the engine's tensors.
 */
export function hosted(kernel: HostKernel): Kernel {
  return (call: KernelCall) => {
    const open = new Set<Allocation>();
    const owners = new Map<HostArray, Allocation>();
    try {
      const made = kernel({
        inputs: inputsOf(call, open),
        attrs: call.attrs,
        allocate: (shape, dtype) => {
          const memory = call.flow.allocate(shape, ELEMENT_OF[dtype]);
          open.add(memory);
          const array = arrayOver(memory, shape, dtype);
          owners.set(array, memory);
          return array;
        },
      });
      const give = (array: HostArray): Info => {
        const memory = owners.get(array)!;
        open.delete(memory);
        const { shape, dtype } = array;
        const handle = call.flow.fromMemory(memory, ELEMENT_OF[dtype]);
        return call.backend.adopt(handle, shape, dtype);
      };
      return Array.isArray(made) ? made.map(give) : give(made as HostArray);
    } finally {
      open.forEach(call.flow.drop);
    }
  };
}

/** Inputs where they stand. */
function inputsOf(
  { inputs, backend, flow }: KernelCall,
  open: Set<Allocation>,
): Record<string, HostArray> {
  const look = (info: Info): HostArray => {
    const kind = info.dtype as HostType;
    const bytes = sizeOf(info.shape) * BYTES[ELEMENT_OF[kind]]!;
    const memory = flow.look(backend.handle(info), bytes);
    open.add(memory);
    return arrayOver(memory, info.shape, kind);
  };
  return Object.fromEntries(
    Object.entries(inputs).filter(([, info]) => info != null)
      .map(([name, info]) => [name, look(info!)]),
  );
}
