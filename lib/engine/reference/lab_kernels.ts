import type { HostKernels } from "./host_kernel.ts";

/** The lab's fused kernels, forward and gradient, as plain loops in 64 bits. */
export const labKernels: HostKernels = {};
