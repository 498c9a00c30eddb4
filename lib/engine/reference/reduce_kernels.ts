import type {
  HostArray,
  HostKernel,
  HostKernels,
  HostType,
} from "./host_kernel.ts";
import { axesOf, broadcastStrides, placesOf, sizeOf } from "./shape_walk.ts";

/** A running result and what to do with it in the end. */
interface Reduction {
  /** Result of no numbers. */
  readonly start: number;
  /** Takes one more number in. */
  readonly join: (sum: number, x: number) => number;
  /** Turns the running result into the final one; `count` numbers went in. */
  readonly finish?: (sum: number, count: number) => number;
  /** Type of the result, where it is not the input's. */
  readonly type?: HostType;
}

/** The reductions by kernel name. */
const REDUCTIONS: Readonly<Record<string, Reduction>> = {
  All: {
    start: 1,
    join: (all, x) => Number(all !== 0 && x !== 0),
    type: "bool",
  },
  Any: {
    start: 0,
    join: (any, x) => Number(any !== 0 || x !== 0),
    type: "bool",
  },
  Max: { start: -Infinity, join: Math.max },
  Mean: {
    start: 0,
    join: (sum, x) => sum + x,
    finish: (sum, count) => sum / count,
    type: "float32",
  },
  Min: { start: Infinity, join: Math.min },
  Prod: { start: 1, join: (product, x) => product * x },
  Sum: { start: 0, join: (sum, x) => sum + x },
};

/** The shape with the reduced axes kept at size 1. */
function reducedShape(shape: readonly number[], axes: readonly number[]) {
  return shape.map((length, axis) => axes.includes(axis) ? 1 : length);
}

/** A kernel that reduces the axes of its `axis` setting, all of them without one. */
function reducing(reduction: Reduction): HostKernel {
  const { start, join, finish = (sum: number) => sum, type } = reduction;
  return ({ inputs, attrs, allocate }) => {
    const x = inputs["x"]!;
    // Max alone calls its axes by another name.
    const axes = axesOf(
      attrs["axis"] ?? attrs["reductionIndices"],
      x.shape.length,
    );
    const kept = reducedShape(x.shape, axes);
    const places = placesOf(x.shape, broadcastStrides(kept, x.shape));
    const sums = new Float64Array(sizeOf(kept)).fill(start);
    for (let i = 0; i < places.length; i++) {
      sums[places[i]!] = join(sums[places[i]!]!, x.values[i]!);
    }
    const shape = attrs["keepDims"] === true
      ? kept
      : x.shape.filter((_, axis) => !axes.includes(axis));
    const y = allocate(shape, type ?? x.dtype);
    const count = x.values.length / sums.length;
    sums.forEach((sum, i) => y.values[i] = finish(sum, count));
    return y;
  };
}

/** A kernel that finds the first best along one axis; the first NaN beats everything. */
function seeking(better: (x: number, best: number) => boolean): HostKernel {
  return ({ inputs, attrs, allocate }) => {
    const x = inputs["x"]!;
    const [axis] = axesOf(attrs["axis"] ?? 0, x.shape.length) as [number];
    const inner = sizeOf(x.shape.slice(axis + 1));
    const length = x.shape[axis]!;
    const y = allocate(x.shape.filter((_, i) => i !== axis), "int32");
    for (let i = 0; i < y.values.length; i++) {
      const start = Math.floor(i / inner) * inner * length + i % inner;
      y.values[i] = firstBest(x, better, { start, inner, length });
    }
    return y;
  };
}

/** Position of the first best among `length` numbers `inner` apart. */
function firstBest(
  x: HostArray,
  better: (x: number, best: number) => boolean,
  { start, inner, length }: { start: number; inner: number; length: number },
): number {
  let best = 0;
  for (let i = 0; i < length; i++) {
    const value = x.values[start + i * inner]!;
    if (Number.isNaN(value)) return i;
    if (better(value, x.values[start + best * inner]!)) best = i;
  }
  return best;
}

/** Sums up to each place of one axis. */
const cumsum: HostKernel = ({ inputs, attrs, allocate }) => {
  const x = inputs["x"]!;
  const [axis] = axesOf(attrs["axis"], x.shape.length) as [number];
  const inner = sizeOf(x.shape.slice(axis + 1));
  const length = x.shape[axis]!;
  const y = allocate(x.shape, x.dtype);
  for (let line = 0; line < x.values.length / length; line++) {
    const start = Math.floor(line / inner) * inner * length + line % inner;
    let sum = 0;
    for (let step = 0; step < length; step++) {
      const i = attrs["reverse"] === true ? length - 1 - step : step;
      const value = x.values[start + i * inner]!;
      y.values[start + i * inner] = attrs["exclusive"] === true
        ? sum
        : sum + value;
      sum += value;
    }
  }
  return y;
};

/** Kernels that make one number of many. */
export const reduceKernels: HostKernels = {
  ...Object.fromEntries(
    Object.entries(REDUCTIONS).map(([name, one]) => [name, reducing(one)]),
  ),
  ArgMax: seeking((x, best) => x > best),
  ArgMin: seeking((x, best) => x < best),
  Cumsum: cumsum,
};
