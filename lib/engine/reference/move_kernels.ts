import type { HostArray, HostKernel, HostKernels } from "./host_kernel.ts";
import {
  axesOf,
  boxIn,
  pieceSizes,
  placesOf,
  sizeOf,
  stridesOf,
} from "./shape_walk.ts";

/** Copies the numbers found at `places`, in their order. */
function pick(x: HostArray, y: HostArray, places: Int32Array): HostArray {
  for (let i = 0; i < places.length; i++) {
    y.values[i] = x.values[places[i]!]!;
  }
  return y;
}

/** Puts axes into another order. */
const transpose: HostKernel = ({ inputs, attrs, allocate }) => {
  const x = inputs["x"]!;
  const perm = attrs["perm"] as number[];
  const strides = stridesOf(x.shape);
  const shape = perm.map((axis) => x.shape[axis]!);
  const steps = perm.map((axis) => strides[axis]!);
  return pick(x, allocate(shape, x.dtype), placesOf(shape, steps));
};

/** Cuts a box out; a size of -1 goes to the end. */
const slice: HostKernel = ({ inputs, attrs, allocate }) => {
  const x = inputs["x"]!;
  const { start, shape } = boxIn(x.shape, attrs);
  const strides = stridesOf(x.shape);
  const first = strides.reduce((at, step, i) => at + step * start[i]!, 0);
  return pick(x, allocate(shape, x.dtype), placesOf(shape, strides, first));
};

/** Cuts along one axis into pieces of given sizes, or into a number of equal ones. */
const split: HostKernel = ({ inputs, attrs, allocate }) => {
  const x = inputs["x"]!;
  const [axis] = axesOf(attrs["axis"] ?? 0, x.shape.length) as [number];
  const strides = stridesOf(x.shape);
  let from = 0;
  return pieceSizes(attrs["numOrSizeSplits"], x.shape[axis]!).map((length) => {
    const shape = x.shape.map((full, i) => i === axis ? length : full);
    const places = placesOf(shape, strides, from * strides[axis]!);
    from += length;
    return pick(x, allocate(shape, x.dtype), places);
  });
};

/** Lays arrays end to end along one axis. */
const concat: HostKernel = ({ inputs, attrs, allocate }) => {
  const parts = Object.values(inputs);
  const first = parts[0]!;
  const [axis] = axesOf(attrs["axis"], first.shape.length) as [number];
  const length = parts.reduce((sum, part) => sum + part.shape[axis]!, 0);
  const shape = first.shape.map((full, i) => i === axis ? length : full);
  return join(
    parts,
    allocate(shape, first.dtype),
    sizeOf(shape.slice(0, axis)),
  );
};

/** Stacks arrays of one shape along a new axis. */
const pack: HostKernel = ({ inputs, attrs, allocate }) => {
  const parts = Object.values(inputs);
  const { shape, dtype } = parts[0]!;
  const [axis] = axesOf(attrs["axis"], shape.length + 1) as [number];
  const full = [...shape.slice(0, axis), parts.length, ...shape.slice(axis)];
  return join(parts, allocate(full, dtype), sizeOf(shape.slice(0, axis)));
};

/** Writes `rows` rounds, in each the next piece of every part. */
function join(parts: HostArray[], y: HostArray, rows: number): HostArray {
  let at = 0;
  for (let row = 0; row < rows; row++) {
    for (const { values } of parts) {
      const width = values.length / rows;
      for (let i = 0; i < width; i++) y.values[at++] = values[row * width + i]!;
    }
  }
  return y;
}

/** Takes an array apart along one axis, which goes. */
const unpack: HostKernel = ({ inputs, attrs, allocate }) => {
  const x = inputs["value"]!;
  const [axis] = axesOf(attrs["axis"], x.shape.length) as [number];
  const strides = stridesOf(x.shape);
  const shape = x.shape.filter((_, i) => i !== axis);
  const steps = strides.filter((_, i) => i !== axis);
  return Array.from({ length: x.shape[axis]! }, (_, i) =>
    pick(
      x,
      allocate(shape, x.dtype),
      placesOf(shape, steps, i * strides[axis]!),
    ));
};

/** Repeats an array along every axis. */
const tile: HostKernel = ({ inputs, attrs, allocate }) => {
  const x = inputs["x"]!;
  const reps = attrs["reps"] as number[];
  // Each axis becomes two, the repetition outside, standing still.
  const shape = x.shape.flatMap((length, axis) => [reps[axis]!, length]);
  const steps = stridesOf(x.shape).flatMap((step) => [0, step]);
  const y = allocate(
    x.shape.map((length, axis) => length * reps[axis]!),
    x.dtype,
  );
  return pick(x, y, placesOf(shape, steps));
};

/** Turns axes round. */
const reverse: HostKernel = ({ inputs, attrs, allocate }) => {
  const x = inputs["x"]!;
  const turned = axesOf(attrs["dims"], x.shape.length);
  const strides = stridesOf(x.shape);
  const start = turned.reduce(
    (at, axis) => at + strides[axis]! * (x.shape[axis]! - 1),
    0,
  );
  const steps = strides.map((step, axis) =>
    turned.includes(axis) ? -step : step
  );
  return pick(
    x,
    allocate(x.shape, x.dtype),
    placesOf(x.shape, steps, start),
  );
};

/** Surrounds an array with a constant. */
const pad: HostKernel = ({ inputs, attrs, allocate }) => {
  const x = inputs["x"]!;
  const paddings = attrs["paddings"] as [number, number][];
  const shape = x.shape.map((length, axis) =>
    length + paddings[axis]![0] + paddings[axis]![1]
  );
  const y = allocate(shape, x.dtype);
  const strides = stridesOf(shape);
  const start = paddings.reduce(
    (at, [before], axis) => at + before * strides[axis]!,
    0,
  );
  y.values.fill(attrs["constantValue"] as number);
  placesOf(x.shape, strides, start).forEach((place, i) =>
    y.values[place] = x.values[i]!
  );
  return y;
};

/** Kernels that move numbers without changing them. */
export const moveKernels: HostKernels = {
  Concat: concat,
  Pack: pack,
  PadV2: pad,
  Reverse: reverse,
  Slice: slice,
  SplitV: split,
  Tile: tile,
  Transpose: transpose,
  Unpack: unpack,
};
