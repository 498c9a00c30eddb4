/**
 * Reductions, products and lookups on TensorFlow.
 *
 * @module
 */
import { axesOf, broadcastShape, sizeOf } from "../../reference/shape_walk.ts";
import type { Kernel, KernelCall } from "../kernel.ts";
import { ELEMENT, type Handle } from "../operators.ts";
import type { Info } from "../tensorflow_backend.ts";
import type { HostType } from "../../reference/host_kernel.ts";

/** Reductions, by the kind of numbers that TensorFlow gets. */
const REDUCTIONS: Readonly<Record<string, HostType>> = {
  All: "bool",
  Any: "bool",
  Max: "float32",
  Mean: "float32",
  Min: "float32",
  Prod: "float32",
  Sum: "float32",
};

/** A reduction of one kind of numbers; others are left to `otherwise`. */
function reducing(
  operation: string,
  kind: HostType,
  otherwise: Kernel,
): Kernel {
  return (call) => {
    const { inputs, attrs, backend, flow } = call;
    const x = inputs.x!;
    if (x.dtype !== kind || sizeOf(x.shape) === 0) return otherwise(call);
    // Max alone calls its axes by another name.
    const axes = axesOf(attrs.axis ?? attrs.reductionIndices, x.shape.length);
    const keep = attrs.keepDims === true;
    const made = flow.call(
      operation,
      [backend.handle(x), flow.whole(axes)],
      { keep_dims: keep },
    );
    const shape = x.shape.flatMap((length, axis) =>
      !axes.includes(axis) ? [length] : keep ? [1] : []
    );
    return backend.adopt(made, shape, kind);
  };
}

/** `ArgMax` or `ArgMin` of floats: the first best. */
function seeking(operation: string, otherwise: Kernel): Kernel {
  return (call) => {
    const { inputs, attrs, backend, flow } = call;
    const x = inputs.x!;
    if (x.dtype !== "float32") return otherwise(call);
    const [axis] = axesOf(attrs.axis ?? 0, x.shape.length) as [number];
    const found = flow.call(
      operation,
      [backend.handle(x), flow.whole(axis)],
      { output_type: { type: ELEMENT.int32 } },
    );
    return backend.adopt(found, x.shape.toSpliced(axis, 1), "int32");
  };
}

/** `Softmax` over the last axis. */
const softmax: Kernel = ({ inputs, backend, flow }) => {
  const x = inputs.logits!;
  return backend.adopt(flow.call("Softmax", [backend.handle(x)]), x.shape);
};

/** `BatchMatMul`: operands may be transposed; the stacks broadcast. */
const batchMatMul: Kernel = ({ inputs, attrs, backend, flow }) => {
  const [a, b] = [inputs.a!, inputs.b!];
  const [flipA, flipB] = [attrs.transposeA === true, attrs.transposeB === true];
  const operands = [backend.handle(a), backend.handle(b)];
  const isPlain = a.shape.length === 2 && b.shape.length === 2;
  const made = isPlain
    ? flow.call("MatMul", operands, { transpose_a: flipA, transpose_b: flipB })
    : flow.call("BatchMatMulV2", operands, { adj_x: flipA, adj_y: flipB });
  const stack = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const rows = a.shape.at(flipA ? -1 : -2)!;
  const columns = b.shape.at(flipB ? -2 : -1)!;
  return backend.adopt(made, [...stack, rows, columns]);
};

/** `GatherV2`. */
const gather: Kernel = ({ inputs, attrs, backend, flow }) => {
  const [x, indices] = [inputs.x!, inputs.indices!];
  const [axis] = axesOf(attrs.axis ?? 0, x.shape.length) as [number];
  const batch = (attrs.batchDims ?? 0) as number;
  const made = flow.call(
    "GatherV2",
    [
      backend.handle(x),
      flow.as(backend.handle(indices), ELEMENT.int32),
      flow.whole(axis),
    ],
    { batch_dims: { int: batch } },
  );
  const shape = x.shape.toSpliced(axis, 1, ...indices.shape.slice(batch));
  return backend.adopt(made, shape, x.dtype);
};

/** `UnsortedSegmentSum`; segments outside the range are left out. */
function segmentSum(otherwise: Kernel): Kernel {
  return (call) => {
    const { inputs, attrs, backend, flow } = call;
    const [x, ids] = [inputs.x!, inputs.segmentIds!];
    const isPlain = x.dtype === "float32" && ids.shape.length === 1 &&
      sizeOf(x.shape) > 0;
    if (!isPlain) return otherwise(call);
    const count = attrs.numSegments as number;
    const given = backend.handle(ids);
    // TensorFlow leaves numbers below 0 out, and refuses those from `count` on.
    const isInside = flow.call("Less", [given, flow.whole(count)]);
    const inside = flow.call("SelectV2", [isInside, given, flow.whole(-1)]);
    const made = rowSums(call, backend.handle(x), inside, count);
    return backend.adopt(made, x.shape.with(0, count));
  };
}

/**
 * Sums rows by number, in their order.
 *
 * @param call Where TensorFlow is.
 * @param rows `[n, ...]`, 32-bit floats.
 * @param ids `[n]`, below `count`; rows of numbers below 0 are left out.
 * @param count How many sums.
 * @returns `[count, ...]`.
 */
export function rowSums(
  { flow }: Pick<KernelCall, "flow">,
  rows: Handle,
  ids: Handle,
  count: number,
): Handle {
  return flow.call("UnsortedSegmentSum", [rows, ids, flow.whole(count)]);
}

/** `TopK` of floats: the first of equals goes first. */
function topK(otherwise: Kernel): Kernel {
  return (call) => {
    const { inputs, attrs, backend, flow } = call;
    const x = inputs.x!;
    if (x.dtype !== "float32") return otherwise(call);
    const k = attrs.k as number;
    const [values, indices] = flow.callMany(
      "TopKV2",
      [backend.handle(x), flow.whole(k)],
      { sorted: true },
      2,
    ) as [Handle, Handle];
    const shape = x.shape.with(-1, k);
    return [
      backend.adopt(values, shape, x.dtype),
      backend.adopt(indices, shape, "int32"),
    ];
  };
}

/** `Cumsum` of floats. */
function cumsum(otherwise: Kernel): Kernel {
  return (call) => {
    const { inputs, attrs, backend, flow } = call;
    const x = inputs.x!;
    if (x.dtype !== "float32") return otherwise(call);
    const [axis] = axesOf(attrs.axis ?? 0, x.shape.length) as [number];
    const made = flow.call(
      "Cumsum",
      [backend.handle(x), flow.whole(axis)],
      { exclusive: attrs.exclusive === true, reverse: attrs.reverse === true },
    );
    return backend.adopt(made, x.shape);
  };
}

/** `GatherNd`: slices by several numbers each. */
const gatherNd: Kernel = ({ inputs, backend, flow }) => {
  const { params, indices } = inputs as Record<"params" | "indices", Info>;
  const operands = [backend.handle(params), backend.handle(indices)];
  const shape = [
    ...indices.shape.slice(0, -1),
    ...params.shape.slice(indices.shape.at(-1)!),
  ];
  return backend.adopt(flow.call("GatherNd", operands), shape, params.dtype);
};

/**
 * Replaces the plain kernels that TensorFlow has.
 *
 * @param plain The plain kernels by name.
 * @returns All of them, the replaced ones among them.
 */
export function withArrays(
  plain: Readonly<Record<string, Kernel>>,
): Record<string, Kernel> {
  const reductions = Object.fromEntries(
    Object.entries(REDUCTIONS).map((
      [name, kind],
    ) => [name, reducing(name, kind, plain[name]!)]),
  );
  return {
    ...plain,
    ...reductions,
    ArgMax: seeking("ArgMax", plain.ArgMax!),
    ArgMin: seeking("ArgMin", plain.ArgMin!),
    BatchMatMul: batchMatMul,
    Cumsum: cumsum(plain.Cumsum!),
    GatherNd: gatherNd,
    GatherV2: gather,
    Softmax: softmax,
    TopK: topK(plain.TopK!),
    UnsortedSegmentSum: segmentSum(plain.UnsortedSegmentSum!),
  };
}
