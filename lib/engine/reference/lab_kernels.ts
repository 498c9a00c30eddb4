import { attentionKernels } from "./attention_kernels.ts";
import type { HostKernels } from "./host_kernel.ts";
import { linearKernels } from "./linear_kernels.ts";
import { maxSimKernels } from "./max_sim_kernels.ts";
import { rowKernels } from "./row_kernels.ts";
import { stepKernels } from "./step_kernels.ts";

/** The lab's fused kernels, forward and gradient, as plain loops in 64 bits. */
export const labKernels: HostKernels = {
  ...attentionKernels,
  ...linearKernels,
  ...maxSimKernels,
  ...rowKernels,
  ...stepKernels,
};
