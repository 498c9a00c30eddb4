/**
 * Reductions, products and lookups on libtorch.
 *
 * @module
 */
import { axesOf, broadcastShape } from "../../reference/shape_walk.ts";
import { alike, type Kernel, type KernelCall } from "../kernel.ts";
import { ELEMENT, type Handle } from "../operators.ts";
import { sizeOf } from "../../reference/shape_walk.ts";
import type { Tensors } from "../tensors.ts";
import type { Info } from "../torch_backend.ts";

/** What a reduction does to a float tensor. */
type Reduce = (
  torch: Tensors,
  x: Handle,
  axes: readonly number[],
  keep: boolean,
) => Handle;

/** Sums in 32 bits, also of activations in bf16. */
const WIDE = { some: { int: ELEMENT.float32 } } as const;

/** Reductions by name. */
const REDUCTIONS: Readonly<Record<string, Reduce>> = {
  Max: (torch, x, axes, keep) => torch.call("aten::amax", x, axes, keep),
  Mean: (torch, x, axes, keep) =>
    torch.call("aten::mean.dim", x, { some: axes }, keep, WIDE),
  Min: (torch, x, axes, keep) => torch.call("aten::amin", x, axes, keep),
  Sum: (torch, x, axes, keep) =>
    torch.call("aten::sum.dim_IntList", x, { some: axes }, keep, WIDE),
};

/** A reduction of floats; other numbers are left to `otherwise`. */
function reducing(reduce: Reduce, otherwise: Kernel): Kernel {
  return (call) => {
    const { inputs, attrs, backend, torch } = call;
    const x = inputs.x!;
    if (x.dtype !== "float32" || sizeOf(x.shape) === 0) return otherwise(call);
    // Max alone calls its axes by another name.
    const axes = axesOf(attrs.axis ?? attrs.reductionIndices, x.shape.length);
    const keep = attrs.keepDims === true;
    const made = axes.length === 0 && x.shape.length > 0
      ? torch.call("aten::clone", backend.floats(x), null)
      : reduce(torch, backend.handle(x), axes, keep);
    const shape = x.shape.flatMap((length, axis) =>
      !axes.includes(axis) ? [length] : keep ? [1] : []
    );
    return backend.adopt(made, shape);
  };
}

/** `ArgMax` or `ArgMin`: the first best; the first NaN beats everything. */
function seeking(operator: string): Kernel {
  return ({ inputs, attrs, backend, torch }) => {
    const x = inputs.x!;
    const [axis] = axesOf(attrs.axis ?? 0, x.shape.length) as [number];
    const found = torch.call(
      operator,
      backend.handle(x),
      { some: { int: axis } },
      false,
    );
    const shape = x.shape.filter((_, i) => i !== axis);
    return backend.adopt(torch.as(found, ELEMENT.int32), shape, "int32");
  };
}

/** `Softmax` over the last axis, in 32 bits. */
const softmax: Kernel = ({ inputs, backend, torch }) => {
  const x = inputs.logits!;
  const made = torch.call(
    "aten::_softmax",
    backend.floats(x),
    { int: -1 },
    false,
  );
  return backend.adopt(made, x.shape);
};

/** `BatchMatMul`: transposed operands are views; the stacks broadcast. */
const batchMatMul: Kernel = ({ inputs, attrs, backend, torch }) => {
  const [a, b] = [inputs.a!, inputs.b!];
  const side = (info: Info, isFlipped: boolean): [Handle, number[]] => {
    const handle = backend.handle(info);
    const shape = [...info.shape];
    if (!isFlipped) return [handle, shape];
    shape.push(...shape.splice(-2).reverse());
    return [
      torch.call("aten::transpose.int", handle, { int: -2 }, { int: -1 }),
      shape,
    ];
  };
  const [left, leftShape] = side(a, attrs.transposeA === true);
  const [right, rightShape] = side(b, attrs.transposeB === true);
  const stack = broadcastShape(leftShape.slice(0, -2), rightShape.slice(0, -2));
  const made = torch.call("aten::matmul", ...alike(torch, left, right));
  return backend.adopt(made, [...stack, leftShape.at(-2)!, rightShape.at(-1)!]);
};

/** `GatherV2` without batch axes; with them it is left to `otherwise`. */
function gathering(otherwise: Kernel): Kernel {
  return (call) => {
    const { inputs, attrs, backend, torch } = call;
    const [x, indices] = [inputs.x!, inputs.indices!];
    if ((attrs.batchDims ?? 0) !== 0) return otherwise(call);
    const [axis] = axesOf(attrs.axis ?? 0, x.shape.length) as [number];
    const flat = torch.call("aten::reshape", backend.handle(indices), [-1]);
    const rows = torch.call(
      "aten::index_select",
      backend.handle(x),
      { int: axis },
      flat,
    );
    const shape = x.shape.toSpliced(axis, 1, ...indices.shape);
    return backend.adopt(
      torch.call("aten::reshape", rows, shape),
      shape,
      x.dtype,
    );
  };
}

/** `UnsortedSegmentSum` of rows; segments outside the range are left out. */
function segmentSum(otherwise: Kernel): Kernel {
  return (call) => {
    const { inputs, attrs, backend, torch } = call;
    const [x, ids] = [inputs.x!, inputs.segmentIds!];
    const isPlain = x.dtype === "float32" && ids.shape.length === 1 &&
      sizeOf(x.shape) > 0;
    if (!isPlain) return otherwise(call);
    const count = attrs.numSegments as number;
    const rows = torch.call("aten::reshape", backend.floats(x), [
      ids.shape[0]!,
      -1,
    ]);
    const sums = rowSums(call, rows, insideOr(call, ids, count), count + 1);
    const shape = [count, ...x.shape.slice(1)];
    const kept = torch.packed(torch.cut(sums, 0, 0, count));
    return backend.adopt(torch.call("aten::reshape", kept, shape), shape);
  };
}

/** Segment numbers, those outside the range replaced by `count`. */
function insideOr({ backend, torch }: KernelCall, ids: Info, count: number) {
  const { call, full } = torch;
  const given = backend.handle(ids);
  const outside = call(
    "aten::logical_or",
    call("aten::lt.Tensor", given, torch.scalar(0)),
    call("aten::ge.Tensor", given, torch.scalar(count)),
  );
  return call(
    "aten::where.self",
    outside,
    full([], count, ELEMENT.int32),
    given,
  );
}

/**
 * Sums rows by number, in their order.
 *
 * @param call Where libtorch is.
 * @param rows `[n, width]`, 32-bit floats.
 * @param ids `[n]`, in `[0, count)`.
 * @param count How many sums.
 * @returns `[count, width]`.
 */
export function rowSums(
  { torch }: Pick<KernelCall, "torch">,
  rows: Handle,
  ids: Handle,
  count: number,
): Handle {
  return torch.call(
    "aten::embedding_dense_backward",
    torch.packed(rows),
    ids,
    { int: count },
    { int: -1 },
    false,
  );
}

/** `TopK`: the first of equals goes first. */
const topK: Kernel = ({ inputs, attrs, backend, torch }) => {
  const x = inputs.x!;
  const k = attrs.k as number;
  const axis = x.shape.length - 1;
  const [values, indices] = torch.callMany("aten::sort.stable", [
    backend.handle(x),
    { some: true },
    { int: axis },
    true,
  ], 2) as [Handle, Handle];
  const shape = x.shape.with(axis, k);
  const first = (sorted: Handle) => torch.packed(torch.cut(sorted, axis, 0, k));
  return [
    backend.adopt(first(values), shape, x.dtype),
    backend.adopt(torch.as(first(indices), ELEMENT.int32), shape, "int32"),
  ];
};

/**
 * Replaces the plain kernels that libtorch has.
 *
 * @param plain The plain kernels by name.
 * @returns All of them, the replaced ones among them.
 */
export function withArrays(
  plain: Readonly<Record<string, Kernel>>,
): Record<string, Kernel> {
  const reductions = Object.fromEntries(
    Object.entries(REDUCTIONS).map((
      [name, reduce],
    ) => [name, reducing(reduce, plain[name]!)]),
  );
  return {
    ...plain,
    ...reductions,
    ArgMax: seeking("aten::argmax"),
    ArgMin: seeking("aten::argmin"),
    BatchMatMul: batchMatMul,
    GatherV2: gathering(plain.GatherV2!),
    Softmax: softmax,
    TopK: topK,
    UnsortedSegmentSum: segmentSum(plain.UnsortedSegmentSum!),
  };
}
