/**
 * Kernels that move numbers, of any dtype.
 *
 * @module
 */
import { axesOf, boxIn, pieceSizes } from "../../reference/shape_walk.ts";
import { viewKernels } from "../../view_kernels.ts";
import type { Kernel } from "../kernel.ts";
import type { Info } from "../tensorflow_backend.ts";
import type { HostType } from "../../reference/host_kernel.ts";
import { ELEMENT_OF } from "../tensors.ts";

/** `Transpose`: the axes in another order. */
const transpose: Kernel = ({ inputs, attrs, backend, flow }) => {
  const x = inputs.x!;
  const perm = attrs.perm as number[];
  const made = flow.call("Transpose", [backend.handle(x), flow.whole(perm)]);
  return backend.adopt(made, perm.map((axis) => x.shape[axis]!), x.dtype);
};

/** `Slice`: a box; a size of -1 goes to the end. */
const slice: Kernel = ({ inputs, attrs, backend, flow }) => {
  const x = inputs.x!;
  const { start, shape } = boxIn(x.shape, attrs);
  const operands = [backend.handle(x), flow.whole(start), flow.whole(shape)];
  return backend.adopt(flow.call("Slice", operands), shape, x.dtype);
};

/** `SplitV`: pieces along one axis. */
const split: Kernel = ({ inputs, attrs, backend, flow }) => {
  const x = inputs.x!;
  const [axis] = axesOf(attrs.axis ?? 0, x.shape.length) as [number];
  const sizes = pieceSizes(attrs.numOrSizeSplits, x.shape[axis]!);
  const made = flow.callMany(
    "SplitV",
    [backend.handle(x), flow.whole(sizes), flow.whole(axis)],
    { num_split: { int: sizes.length } },
    sizes.length,
  );
  return made.map((piece, i) =>
    backend.adopt(piece, x.shape.with(axis, sizes[i]!), x.dtype)
  );
};

/** `Unpack`: everything along one axis, which goes. */
const unpack: Kernel = ({ inputs, attrs, backend, flow }) => {
  const x = inputs.value!;
  const [axis] = axesOf(attrs.axis, x.shape.length) as [number];
  const count = x.shape[axis]!;
  const made = flow.callMany(
    "Unpack",
    [backend.handle(x)],
    { num: { int: count }, axis: { int: axis } },
    count,
  );
  const shape = x.shape.toSpliced(axis, 1);
  return made.map((piece) => backend.adopt(piece, shape, x.dtype));
};

/** `Concat`: end to end along one axis. */
const concat: Kernel = ({ inputs, attrs, backend, flow }) => {
  const parts = Object.values(inputs) as Info[];
  const { shape, dtype } = parts[0]!;
  const [axis] = axesOf(attrs.axis, shape.length) as [number];
  const handles = parts.map((part) => backend.handle(part));
  const made = flow.call("ConcatV2", [handles, flow.whole(axis)]);
  const length = parts.reduce((sum, part) => sum + part.shape[axis]!, 0);
  return backend.adopt(made, shape.with(axis, length), dtype);
};

/** `Pack`: along a new axis. */
const pack: Kernel = ({ inputs, attrs, backend, flow }) => {
  const parts = Object.values(inputs) as Info[];
  const { shape, dtype } = parts[0]!;
  const [axis] = axesOf(attrs.axis, shape.length + 1) as [number];
  const handles = parts.map((part) => backend.handle(part));
  const made = flow.call("Pack", [handles], { axis: { int: axis } });
  return backend.adopt(made, shape.toSpliced(axis, 0, parts.length), dtype);
};

/** `Tile`: repeated along every axis. */
const tile: Kernel = ({ inputs, attrs, backend, flow }) => {
  const x = inputs.x!;
  const reps = attrs.reps as number[];
  const made = flow.call("Tile", [backend.handle(x), flow.whole(reps)]);
  const shape = x.shape.map((length, axis) => length * reps[axis]!);
  return backend.adopt(made, shape, x.dtype);
};

/** `Reverse`: axes turned round. */
const reverse: Kernel = ({ inputs, attrs, backend, flow }) => {
  const x = inputs.x!;
  const axes = flow.whole(axesOf(attrs.dims, x.shape.length));
  const made = flow.call("ReverseV2", [backend.handle(x), axes]);
  return backend.adopt(made, x.shape, x.dtype);
};

/** `PadV2`: surrounded with a constant. */
const pad: Kernel = ({ inputs, attrs, backend, flow }) => {
  const x = inputs.x!;
  const paddings = attrs.paddings as [number, number][];
  const shape = x.shape.map((length, axis) =>
    length + paddings[axis]![0] + paddings[axis]![1]
  );
  const widths = flow.reshaped(flow.whole(paddings.flat()), [
    paddings.length,
    2,
  ]);
  const around = flow.as(
    flow.scalar(Number(attrs.constantValue)),
    ELEMENT_OF[x.dtype as HostType],
  );
  const made = flow.call("PadV2", [backend.handle(x), widths, around]);
  return backend.adopt(made, shape, x.dtype);
};

/** Kernels that move numbers without changing them. */
export const moveKernels: Readonly<Record<string, Kernel>> = {
  ...viewKernels,
  Transpose: transpose,
  Slice: slice,
  SplitV: split,
  Unpack: unpack,
  Concat: concat,
  Pack: pack,
  Tile: tile,
  Reverse: reverse,
  PadV2: pad,
};
