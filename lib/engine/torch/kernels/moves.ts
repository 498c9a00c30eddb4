/**
 * Kernels that move numbers: views where libtorch has them, of any dtype.
 *
 * @module
 */
import { axesOf } from "../../reference/shape_walk.ts";
import type { Kernel } from "../kernel.ts";
import { ELEMENT_OF, type Kind, sizeOf } from "../elements.ts";
import type { Info } from "../torch_backend.ts";

/** `Identity`: the same numbers again. */
const identity: Kernel = ({ inputs, backend }) =>
  backend.reshaped(inputs.x!, inputs.x!.shape);

/** `Reshape`: under `attrs.shape`, where one -1 is worked out. */
const reshape: Kernel = ({ inputs, attrs, backend }) => {
  const wanted = attrs.shape as number[];
  const known = sizeOf(wanted.filter((length) => length !== -1));
  const rest = known === 0 ? 0 : sizeOf(inputs.x!.shape) / known;
  return backend.reshaped(
    inputs.x!,
    wanted.map((length) => length === -1 ? rest : length),
  );
};

/** `ExpandDims`: a new axis of length 1 at `attrs.dim`. */
const expandDims: Kernel = ({ inputs, attrs, backend }) => {
  const shape = [...inputs.input!.shape];
  const dim = attrs.dim as number;
  shape.splice(dim < 0 ? dim + shape.length + 1 : dim, 0, 1);
  return backend.reshaped(inputs.input!, shape);
};

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
  const begin = [attrs.begin].flat() as number[];
  const size = [attrs.size ?? []].flat() as number[];
  const shape = x.shape.map((length, axis) => {
    const wanted = size[axis] ?? -1;
    return wanted < 0 ? length - (begin[axis] ?? 0) : wanted;
  });
  let view = backend.handle(x);
  shape.forEach((length, axis) => {
    if (length === x.shape[axis]) return;
    view = torch.cut(view, axis, begin[axis] ?? 0, length);
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

/** Sizes of the pieces; one of them may be -1, what is left. */
function pieceSizes(setting: unknown, length: number): number[] {
  if (typeof setting === "number") {
    return new Array<number>(setting).fill(length / setting);
  }
  const given = setting as number[];
  const known = given.reduce((sum, size) => sum + Math.max(size, 0), 0);
  return given.map((size) => size < 0 ? length - known : size);
}

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
  const element = ELEMENT_OF[x.dtype as Kind];
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
  Identity: identity,
  Reshape: reshape,
  ExpandDims: expandDims,
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
