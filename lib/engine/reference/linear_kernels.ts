import { erf } from "./erf.ts";
import type {
  Allocate,
  HostArray,
  HostKernel,
  HostKernels,
} from "./host_kernel.ts";
import { type MatrixView, multiplyInto } from "./matrix_kernels.ts";

/** What is done to the sum, and how fast that grows. */
const ACTIVATIONS: Readonly<
  Record<string, readonly [(u: number) => number, (u: number) => number]>
> = {
  none: [(u) => u, () => 1],
  relu: [(u) => Math.max(u, 0), (u) => u > 0 ? 1 : Number.isNaN(u) ? u : 0],
  gelu: [
    (u) => u * (0.5 + 0.5 * erf(u * Math.SQRT1_2)),
    (u) =>
      0.5 + 0.5 * erf(u * Math.SQRT1_2) +
      (Math.abs(u) < 40 || Number.isNaN(u)
        ? u * Math.exp(-u * u / 2) / Math.sqrt(2 * Math.PI)
        : 0),
  ],
};

/** A matrix as rows of columns. */
function plain({ values, shape }: HostArray): MatrixView {
  return { values, start: 0, row: shape[1]!, column: 1 };
}

/** A matrix with its sides exchanged. */
function flipped({ values, shape }: HostArray): MatrixView {
  return { values, start: 0, row: 1, column: shape[1]! };
}

/** A copy of an array with a function applied to each number. */
function mapped(
  x: HostArray,
  allocate: Allocate,
  f: (value: number, place: number) => number,
): HostArray {
  const y = allocate(x.shape, x.dtype);
  for (let i = 0; i < y.values.length; i++) y.values[i] = f(x.values[i]!, i);
  return y;
}

/** `LabLinear`: `[y]`, or `[y, pre]` with an activation. */
const linear: HostKernel = ({ inputs, attrs, allocate }) => {
  const [x, weight, bias] = [inputs["x"]!, inputs["weight"]!, inputs["bias"]];
  const [rows, inner] = x.shape as [number, number];
  const columns = weight.shape[0]!;
  const pre = allocate([rows, columns], "float32");
  const size = { rows, inner, columns, target: pre.values };
  multiplyInto(plain(x), flipped(weight), size);
  if (bias) {
    for (let i = 0; i < pre.values.length; i++) {
      pre.values[i]! += bias.values[i % columns]!;
    }
  }
  if (attrs["activation"] === "none") return [pre];
  const [activate] = ACTIVATIONS[attrs["activation"] as string]!;
  return [mapped(pre, allocate, activate), pre];
};

/** `LabLinearGrad`: `[dx, dweight, dbias?]`; `dx` is a scalar 0 where it is not needed. */
const linearGrad: HostKernel = ({ inputs, attrs, allocate }) => {
  const [x, weight, pre] = [inputs["x"]!, inputs["weight"]!, inputs["pre"]];
  const [rows, inner] = x.shape as [number, number];
  const columns = weight.shape[0]!;
  const [, slope] = ACTIVATIONS[attrs["activation"] as string]!;
  const given = inputs["dy"]!;
  const values = pre
    ? Float64Array.from(given.values, (dy, i) => dy * slope(pre.values[i]!))
    : given.values;
  const dsum: HostArray = { ...given, values };
  const dx = allocate(attrs["needX"] === true ? x.shape : [], "float32");
  const dweight = allocate(weight.shape, "float32");
  if (attrs["needX"] === true) {
    const size = { rows, inner: columns, columns: inner, target: dx.values };
    multiplyInto(plain(dsum), plain(weight), size);
  } else dx.values[0] = 0;
  const size = { rows: columns, inner: rows, columns: inner };
  multiplyInto(flipped(dsum), plain(x), { ...size, target: dweight.values });
  return attrs["bias"] === true
    ? [dx, dweight, columnSums(dsum, allocate)]
    : [dx, dweight];
};

/** Sums over rows, `[columns]`. */
function columnSums({ values, shape }: HostArray, allocate: Allocate) {
  const columns = shape[1]!;
  const sums = new Float64Array(columns);
  for (let i = 0; i < values.length; i++) sums[i % columns]! += values[i]!;
  const y = allocate([columns], "float32");
  y.values.set(sums);
  return y;
}

/** The linear layer and its gradient. */
export const linearKernels: HostKernels = {
  LabLinear: linear,
  LabLinearGrad: linearGrad,
};
