/**
 * Kernels that move numbers: views where libtorch has them, of any dtype.
 *
 * @module
 */
import { axesOf, boxIn, pieceSizes } from "../../reference/shape_walk.ts";
import { viewKernels } from "../../view_kernels.ts";
import type { Kernel } from "../kernel.ts";
import type { HostType } from "../../reference/host_kernel.ts";
import { ELEMENT_OF } from "../elements.ts";
import type { Info } from "../torch_backend.ts";

/** `Transpose`: a view with the axes in another order. */
const transpose: Kernel = ({ inputs, attrs, backend, torch }) => {
  const x = inputs.x!;
  const perm = attrs.perm as number[];
  const view = torch.call("aten::permute", backend.handle(x), perm);
  return backend.adopt(view, perm.map((axis) => x.shape[axis]!), x.dtype);
};

/** `Slice`: a view of a box; a size of -1 goes to the end. */
const slice: Kernel = ({ inputs, attrs, backend, torch }) => {
  const x = inputs.x!;
  const { start, shape } = boxIn(x.shape, attrs);
  let view = backend.handle(x);
  shape.forEach((length, axis) => {
    if (length === x.shape[axis]) return;
    view = torch.cut(view, axis, start[axis]!, length);
  });
  return backend.adopt(view, shape, x.dtype);
};

/** `SplitV`: views of pieces along one axis. */
const split: Kernel = ({ inputs, attrs, backend, torch }) => {
  const x = inputs.x!;
  const [axis] = axesOf(attrs.axis ?? 0, x.shape.length) as [number];
  let start = 0;
  return pieceSizes(attrs.numOrSizeSplits, x.shape[axis]!).map((length) => {
    const view = torch.cut(backend.handle(x), axis, start, length);
    start += length;
    return backend.adopt(view, x.shape.with(axis, length), x.dtype);
  });
};

/** `Unpack`: views of everything along one axis, which goes. */
const unpack: Kernel = ({ inputs, attrs, backend, torch }) => {
  const x = inputs.value!;
  const [axis] = axesOf(attrs.axis, x.shape.length) as [number];
  const shape = x.shape.filter((_, i) => i !== axis);
  return Array.from({ length: x.shape[axis]! }, (_, i) => {
    const view = torch.call(
      "aten::select.int",
      backend.handle(x),
      { int: axis },
      { int: i },
    );
    return backend.adopt(view, shape, x.dtype);
  });
};

/** `Concat`: end to end along one axis. */
const concat: Kernel = ({ inputs, attrs, backend, torch }) => {
  const parts = Object.values(inputs) as Info[];
  const { shape, dtype } = parts[0]!;
  const [axis] = axesOf(attrs.axis, shape.length) as [number];
  const tensors = parts.map((part) => backend.handle(part));
  const made = torch.call("aten::cat", { tensors }, { int: axis });
  const length = parts.reduce((sum, part) => sum + part.shape[axis]!, 0);
  return backend.adopt(made, shape.with(axis, length), dtype);
};

/** `Pack`: along a new axis. */
const pack: Kernel = ({ inputs, attrs, backend, torch }) => {
  const parts = Object.values(inputs) as Info[];
  const { shape, dtype } = parts[0]!;
  const [axis] = axesOf(attrs.axis, shape.length + 1) as [number];
  const tensors = parts.map((part) => backend.handle(part));
  const made = torch.call("aten::stack", { tensors }, { int: axis });
  return backend.adopt(made, shape.toSpliced(axis, 0, parts.length), dtype);
};

/** `Tile`: repeated along every axis. */
const tile: Kernel = ({ inputs, attrs, backend, torch }) => {
  const x = inputs.x!;
  const reps = attrs.reps as number[];
  const made = torch.call("aten::repeat", backend.handle(x), reps);
  const shape = x.shape.map((length, axis) => length * reps[axis]!);
  return backend.adopt(made, shape, x.dtype);
};

/** `Reverse`: axes turned round. */
const reverse: Kernel = ({ inputs, attrs, backend, torch }) => {
  const x = inputs.x!;
  const axes = axesOf(attrs.dims, x.shape.length);
  const made = torch.call("aten::flip", backend.handle(x), axes);
  return backend.adopt(made, x.shape, x.dtype);
};

/** `PadV2`: surrounded with a constant. */
const pad: Kernel = ({ inputs, attrs, backend, torch }) => {
  const x = inputs.x!;
  const paddings = attrs.paddings as [number, number][];
  const shape = x.shape.map((length, axis) =>
    length + paddings[axis]![0] + paddings[axis]![1]
  );
  const element = ELEMENT_OF[x.dtype as HostType];
  const made = torch.full(shape, attrs.constantValue, element);
  const inner = paddings.reduce(
    (view, [before], axis) => torch.cut(view, axis, before, x.shape[axis]!),
    made,
  );
  torch.change("aten::copy_", inner, backend.handle(x), false);
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
