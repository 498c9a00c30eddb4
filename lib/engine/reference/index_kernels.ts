import type { HostArray, HostKernel, HostKernels } from "./host_kernel.ts";
import { axesOf, sizeOf, stridesOf } from "./shape_walk.ts";

/** Rows of `x` by number along one axis; the first `batchDims` axes of both go together. */
const gather: HostKernel = ({ inputs, attrs, allocate }) => {
  const [x, indices] = [inputs["x"]!, inputs["indices"]!];
  const [axis] = axesOf(attrs["axis"] ?? 0, x.shape.length) as [number];
  const batch = (attrs["batchDims"] ?? 0) as number;
  const shape = [
    ...x.shape.slice(0, axis),
    ...indices.shape.slice(batch),
    ...x.shape.slice(axis + 1),
  ];
  const y = allocate(shape, x.dtype);
  const width = sizeOf(x.shape.slice(axis + 1));
  const wanted = sizeOf(indices.shape.slice(batch));
  const outer = sizeOf(x.shape.slice(0, axis));
  const shared = outer / sizeOf(x.shape.slice(0, batch));
  for (let row = 0; row < outer * wanted; row++) {
    const block = Math.floor(row / wanted);
    const from = Math.floor(block / shared) * wanted + row % wanted;
    const source = block * x.shape[axis]! + indices.values[from]!;
    for (let i = 0; i < width; i++) {
      y.values[row * width + i] = x.values[source * width + i]!;
    }
  }
  return y;
};

/** Slices of `params` by leading coordinates. */
const gatherNd: HostKernel = ({ inputs, allocate }) => {
  const [x, indices] = [inputs["params"]!, inputs["indices"]!];
  const depth = indices.shape[indices.shape.length - 1]!;
  const shape = [...indices.shape.slice(0, -1), ...x.shape.slice(depth)];
  const y = allocate(shape, x.dtype);
  const width = sizeOf(x.shape.slice(depth));
  placesAt(indices, x.shape).forEach((place, row) => {
    for (let i = 0; i < width; i++) {
      y.values[row * width + i] = x.values[place + i]!;
    }
  });
  return y;
};

/** Zeros with updates added at leading coordinates. */
const scatterNd: HostKernel = ({ inputs, attrs, allocate }) => {
  const [indices, updates] = [inputs["indices"]!, inputs["updates"]!];
  const shape = attrs["shape"] as number[];
  const y = allocate(shape, updates.dtype);
  const width = sizeOf(shape.slice(indices.shape[indices.shape.length - 1]));
  y.values.fill(0);
  placesAt(indices, shape).forEach((place, row) => {
    for (let i = 0; i < width; i++) {
      y.values[place + i]! += updates.values[row * width + i]!;
    }
  });
  return y;
};

/** Where the slices begin that rows of coordinates name. */
function placesAt(indices: HostArray, shape: readonly number[]): number[] {
  const depth = indices.shape[indices.shape.length - 1]!;
  const strides = stridesOf(shape);
  return Array.from({ length: indices.values.length / depth }, (_, row) => {
    let place = 0;
    for (let i = 0; i < depth; i++) {
      place += indices.values[row * depth + i]! * strides[i]!;
    }
    return place;
  });
}

/** Rows summed by segment; rows of a segment outside the range are left out. */
const unsortedSegmentSum: HostKernel = ({ inputs, attrs, allocate }) => {
  const [x, segments] = [inputs["x"]!, inputs["segmentIds"]!];
  const count = attrs["numSegments"] as number;
  const shape = [count, ...x.shape.slice(segments.shape.length)];
  const sums = new Float64Array(sizeOf(shape));
  const width = sums.length / Math.max(count, 1);
  segments.values.forEach((segment, row) => {
    if (segment < 0 || segment >= count) return;
    for (let i = 0; i < width; i++) {
      sums[segment * width + i]! += x.values[row * width + i]!;
    }
  });
  const y = allocate(shape, x.dtype);
  y.values.set(sums);
  return y;
};

/** One number at the index, another everywhere else. */
const oneHot: HostKernel = ({ inputs, attrs, allocate }) => {
  const indices = inputs["indices"]!;
  const depth = attrs["depth"] as number;
  const y = allocate([...indices.shape, depth], attrs["dtype"] as "float32");
  y.values.fill(attrs["offValue"] as number);
  indices.values.forEach((index, row) => {
    if (index < 0 || index >= depth) return;
    y.values[row * depth + index] = attrs["onValue"] as number;
  });
  return y;
};

/** The largest numbers of each row and where they stood; the first of equals goes first. */
const topK: HostKernel = ({ inputs, attrs, allocate }) => {
  const x = inputs["x"]!;
  const k = attrs["k"] as number;
  const n = x.shape[x.shape.length - 1]!;
  const shape = [...x.shape.slice(0, -1), k];
  const [values, indices] = [
    allocate(shape, x.dtype),
    allocate(shape, "int32"),
  ];
  for (let row = 0; row < x.values.length / n; row++) {
    const at = (i: number) => x.values[row * n + i]!;
    const order = Array.from({ length: n }, (_, i) => i)
      .sort((a, b) => at(b) - at(a) || a - b);
    for (let i = 0; i < k; i++) {
      values.values[row * k + i] = at(order[i]!);
      indices.values[row * k + i] = order[i]!;
    }
  }
  return [values, indices];
};

/** Kernels that go by index. */
export const indexKernels: HostKernels = {
  GatherNd: gatherNd,
  GatherV2: gather,
  OneHot: oneHot,
  ScatterNd: scatterNd,
  TopK: topK,
  UnsortedSegmentSum: unsortedSegmentSum,
};
