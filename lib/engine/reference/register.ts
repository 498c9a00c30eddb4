import { tf } from "../tensor.ts";
import type { HostKernel } from "./host_kernel.ts";
import { hostKernels } from "./host_kernels.ts";
import { labKernels } from "./lab_kernels.ts";
import { allocate, ReferenceBackend } from "./reference_backend.ts";

/** The backend's name. */
const NAME = "reference";

let registered = false;

/**
 * Prepares the backend that every other one is held against: plain TypeScript on
 * 64-bit floats, on one thread, with no permission.
 *
 * @returns What it runs on.
 */
export function register(): Promise<{ device: string }> {
  if (!registered) {
    tf.registerBackend(NAME, () => new ReferenceBackend());
    for (const [name, kernel] of Object.entries(hostKernels)) add(name, kernel);
    for (const [name, kernel] of Object.entries(labKernels)) add(name, kernel);
    for (const [kernelName, shapeOf] of Object.entries(SHARING)) {
      tf.registerKernel({
        kernelName,
        backendName: NAME,
        kernelFunc: ({ inputs, attrs, backend }) => {
          const x = (inputs["x"] ?? inputs["input"])!;
          return (backend as ReferenceBackend).share(
            x,
            shapeOf(x.shape, attrs),
          );
        },
      });
    }
    registered = true;
  }
  return Promise.resolve({ device: "plain TypeScript, 64-bit floats" });
}

/** Registers one kernel over plain memory. */
function add(kernelName: string, kernel: HostKernel): void {
  tf.registerKernel({
    kernelName,
    backendName: NAME,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const reference = backend as ReferenceBackend;
      const views = Object.fromEntries(
        Object.entries(inputs).filter(([, info]) => info != null)
          .map(([name, info]) => [name, reference.view(info!)]),
      );
      const made = kernel({ inputs: views, attrs: attrs ?? {}, allocate });
      return Array.isArray(made)
        ? made.map((one) => reference.adopt(one))
        : reference.adopt(made as Exclude<typeof made, readonly unknown[]>);
    },
  });
}

/** Kernels that only rename memory, with the shape they give it. */
const SHARING: Readonly<
  Record<string, (shape: number[], attrs?: tf.NamedAttrMap) => number[]>
> = {
  Identity: (shape) => shape,
  Reshape: (shape, attrs) =>
    tf.util.inferFromImplicitShape(
      attrs!["shape"] as number[],
      tf.util.sizeFromShape(shape),
    ),
  ExpandDims: (shape, attrs) => {
    const dim = attrs!["dim"] as number;
    const at = dim < 0 ? shape.length + 1 + dim : dim;
    return [...shape.slice(0, at), 1, ...shape.slice(at)];
  },
};
