/**
 * TensorFlow.js's own kernels that only move numbers, row by row, where rows
 * lie together; other cases are left to the plain kernels.
 *
 * @module
 */
import type { Kernel, KernelCall } from "../kernel.ts";
import { boxIn, sizeOf } from "../../reference/shape_walk.ts";
import type { Info } from "../onnx_backend.ts";

/** Rows shorter than this are no gain over number by number. */
const SHORT = 16;

/** A kernel for some calls; `undefined` leaves the call to the plain one. */
type Shortcut = (call: KernelCall) => Info | undefined;

/** Numbers in one step along the first axis. */
function rowSize(shape: readonly number[]): number {
  return sizeOf(shape.slice(1));
}

/** `Slice` that takes whole rows. */
const slice: Shortcut = ({ inputs, attrs, backend }) => {
  const x = inputs.x!;
  const { start, shape } = boxIn(x.shape, attrs);
  const isWhole = shape.every((length, axis) =>
    axis === 0 || length === x.shape[axis]
  );
  if (!isWhole || shape.length === 0) return undefined;
  const from = start[0]! * rowSize(shape);
  const y = backend.allocate(shape, x.dtype);
  const values = backend.values(x).subarray(from, from + sizeOf(shape));
  backend.values(y).set(values);
  return y;
};

/** `PadV2` that adds whole rows. */
const pad: Shortcut = ({ inputs, attrs, backend }) => {
  const x = inputs.x!;
  const paddings = attrs.paddings as [number, number][];
  const isWhole = paddings.every(([before, after], axis) =>
    axis === 0 || (before === 0 && after === 0)
  );
  if (!isWhole || paddings.length === 0) return undefined;
  const [before, after] = paddings[0]!;
  const shape = [before + x.shape[0]! + after, ...x.shape.slice(1)];
  const y = backend.allocate(shape, x.dtype);
  const values = backend.values(y);
  const start = before * rowSize(shape);
  values.fill(attrs.constantValue, 0, start);
  values.set(backend.values(x), start);
  values.fill(attrs.constantValue, start + sizeOf(x.shape));
  return y;
};

/** `Concat` of parts whose pieces are not tiny. */
const concat: Shortcut = ({ inputs, attrs, backend }) => {
  const parts = Object.values(inputs) as Info[];
  const { shape: first, dtype } = parts[0]!;
  const axis = attrs.axis < 0 ? attrs.axis + first.length : attrs.axis;
  const shape = [...first];
  shape[axis] = parts.reduce((sum, part) => sum + part.shape[axis]!, 0);
  const rounds = sizeOf(first.slice(0, axis));
  if (sizeOf(shape) < rounds * parts.length * SHORT) return undefined;
  const y = backend.allocate(shape, dtype);
  const to = backend.values(y);
  const pieces = parts.map((part) => ({
    from: backend.values(part),
    width: sizeOf(part.shape) / rounds,
  }));
  let at = 0;
  for (let round = 0; round < rounds; round++) {
    for (const { from, width } of pieces) {
      to.set(from.subarray(round * width, (round + 1) * width), at);
      at += width;
    }
  }
  return y;
};

/** `GatherV2` of whole rows. */
const gather: Shortcut = ({ inputs, attrs, backend }) => {
  const { x, indices } = inputs as Record<"x" | "indices", Info>;
  const width = rowSize(x.shape);
  if (attrs.axis !== 0 || attrs.batchDims || width < SHORT) return undefined;
  const shape = [...indices.shape, ...x.shape.slice(1)];
  const y = backend.allocate(shape, x.dtype);
  const [from, to] = [backend.values(x), backend.values(y)];
  backend.values(indices).forEach((row, i) => {
    to.set(from.subarray(row * width, (row + 1) * width), i * width);
  });
  return y;
};

/** `UnsortedSegmentSum` of rows of floats, in the order of rows. */
const segmentSum: Shortcut = ({ inputs, attrs, backend }) => {
  const { x, segmentIds } = inputs as Record<"x" | "segmentIds", Info>;
  if (x.dtype !== "float32" || segmentIds.shape.length !== 1) return undefined;
  const width = rowSize(x.shape);
  const y = backend.allocate([attrs.numSegments, ...x.shape.slice(1)]);
  const from = backend.floats(x);
  const to = backend.floats(y).fill(0);
  backend.values(segmentIds).forEach((segment, row) => {
    if (segment < 0 || segment >= attrs.numSegments) return;
    for (let i = 0; i < width; i++) {
      to[segment * width + i]! += from[row * width + i]!;
    }
  });
  return y;
};

const SHORTCUTS: Readonly<Record<string, Shortcut>> = {
  Slice: slice,
  PadV2: pad,
  Concat: concat,
  GatherV2: gather,
  UnsortedSegmentSum: segmentSum,
};

/**
 * Puts copies of whole rows before plain kernels.
 *
 * @param plain The plain kernels by name.
 * @returns The same names.
 */
export function withCopies(
  plain: Readonly<Record<string, Kernel>>,
): Record<string, Kernel> {
  const kernels = { ...plain };
  for (const [name, shortcut] of Object.entries(SHORTCUTS)) {
    const general = plain[name];
    if (general === undefined) continue;
    kernels[name] = (call) => shortcut(call) ?? general(call);
  }
  return kernels;
}
