import type { HostKernel, HostKernels } from "./host_kernel.ts";

/** A kernel over rows of the last axis, given the row's largest number and its sum of exponentials. */
function overRows(
  finish: (shifted: number, sum: number) => number,
): HostKernel {
  return ({ inputs, allocate }) => {
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
        y.values[i] = finish(x.values[i]! - largest, sum);
      }
    }
    return y;
  };
}

/** Softmax and its logarithm over the last axis. */
export const softmaxKernels: HostKernels = {
  Softmax: overRows((shifted, sum) => Math.exp(shifted) / sum),
  LogSoftmax: overRows((shifted, sum) => shifted - Math.log(sum)),
};
