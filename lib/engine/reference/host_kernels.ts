import { binaryKernels } from "./binary_kernels.ts";
import type { HostKernels } from "./host_kernel.ts";
import { indexKernels } from "./index_kernels.ts";
import { makeKernels } from "./make_kernels.ts";
import { matrixKernels } from "./matrix_kernels.ts";
import { moveKernels } from "./move_kernels.ts";
import { reduceKernels } from "./reduce_kernels.ts";
import { softmaxKernels } from "./softmax_kernels.ts";
import { unaryKernels } from "./unary_kernels.ts";

/**
 * Every TensorFlow.js kernel the lab uses, in plain TypeScript; see `HostKernel`
 * for what a call is given.
 */
export const hostKernels: HostKernels = {
  ...binaryKernels,
  ...indexKernels,
  ...makeKernels,
  ...matrixKernels,
  ...moveKernels,
  ...reduceKernels,
  ...softmaxKernels,
  ...unaryKernels,
};
