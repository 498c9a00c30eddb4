import type { HostKernel, HostKernels } from "./host_kernel.ts";

/** Softmax over the last axis, each row freed of its largest number first. */
const softmax: HostKernel = ({ inputs, allocate }) => {
  const x = inputs["logits"]!;
  const y = allocate(x.shape, "float32");
  const n = x.shape[x.shape.length - 1] ?? 1;
  for (let start = 0; start < x.values.length; start += n) {
    let largest = -Infinity;
    for (let i = start; i < start + n; i++) {
      largest = Math.max(largest, x.values[i]!);
    }
    let sum = 0;
    for (let i = start; i < start + n; i++) {
      sum += Math.exp(x.values[i]! - largest);
    }
    for (let i = start; i < start + n; i++) {
      y.values[i] = Math.exp(x.values[i]! - largest) / sum;
    }
  }
  return y;
};

/** Softmax; its logarithm is made of other kernels. */
export const softmaxKernels: HostKernels = { Softmax: softmax };
