import type { HostKernel, HostKernels, HostType } from "./host_kernel.ts";

/** One number everywhere. */
const fill: HostKernel = ({ attrs, allocate }) => {
  const value = attrs["value"] as number | boolean;
  const dtype = (attrs["dtype"] ?? "float32") as HostType;
  const y = allocate(attrs["shape"] as number[], dtype);
  y.values.fill(Number(value));
  return y;
};

/** Equal steps from `start` up to, not including, `stop`. */
const range: HostKernel = ({ attrs, allocate }) => {
  const { start, stop, step } = attrs as Record<string, number>;
  const count = Math.max(0, Math.ceil((stop! - start!) / step!));
  const y = allocate([count], (attrs["dtype"] ?? "float32") as HostType);
  for (let i = 0; i < count; i++) y.values[i] = start! + i * step!;
  return y;
};

/** `num` numbers from `start` to `stop`, both included. */
const linSpace: HostKernel = ({ attrs, allocate }) => {
  const { start, stop, num } = attrs as Record<string, number>;
  const y = allocate([num!], "float32");
  for (let i = 0; i < num!; i++) {
    y.values[i] = start! + (stop! - start!) * i / Math.max(num! - 1, 1);
  }
  return y;
};

/** Kernels that make numbers of none. */
export const makeKernels: HostKernels = {
  Fill: fill,
  LinSpace: linSpace,
  Range: range,
};
