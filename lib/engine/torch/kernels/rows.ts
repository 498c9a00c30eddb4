/**
 * What is done to each row apart: lookups, and scaling to length 1.
 *
 * @module
 */
import type { Kernel } from "../kernel.ts";
import { ELEMENT } from "../operators.ts";
import type { Info } from "../torch_backend.ts";
import { rowSums } from "./arrays.ts";

/** `LabEmbedding`: rows of a table by number, in 32 bits. */
export const embedding: Kernel = ({ inputs, attrs, backend, torch }) => {
  const table = inputs.table!;
  const ids = attrs.ids as Int32Array;
  const made = torch.call(
    "aten::index_select",
    backend.floats(table),
    { int: 0 },
    torch.fromHost(ids, [ids.length], ELEMENT.int32),
  );
  return backend.adopt(made, [ids.length, table.shape[1]!]);
};

/** `LabEmbeddingGrad`: the rows of `dy` added up by number, in their order. */
export const embeddingGradient: Kernel = (
  { inputs, attrs, backend, torch },
) => {
  const dy = inputs.dy!;
  const ids = attrs.ids as Int32Array;
  const numbers = torch.fromHost(ids, [ids.length], ELEMENT.int32);
  const made = rowSums({ torch }, backend.floats(dy), numbers, attrs.rows);
  return backend.adopt(made, [attrs.rows, dy.shape[1]!]);
};

/** The last axis, kept with length 1. */
const OF_ROW = [{ some: [1] }, true, null] as const;

/**
 * `LabUnitNorm`: `[y, norm]`, where `norm [rows, 1]` is the length before, not
 * bounded by epsilon. Computed in 64 bits, so 1e30 does not overflow.
 */
export const unitNorm: Kernel = ({ inputs, attrs, backend, torch }) => {
  const { call } = torch;
  const x = inputs.x!;
  const [rows] = x.shape as [number, number];
  const wide = torch.as(backend.handle(x), ELEMENT.float64);
  const squares = call("aten::mul.Tensor", wide, wide);
  const norm = call(
    "aten::sqrt",
    call("aten::sum.dim_IntList", squares, ...OF_ROW),
  );
  const least = torch.full([], attrs.epsilon, ELEMENT.float64);
  const divisor = call("aten::clamp.Tensor", norm, { some: least }, null);
  const y = call("aten::div.Tensor", wide, divisor);
  return [
    backend.adopt(torch.as(y, ELEMENT.float32), x.shape),
    backend.adopt(torch.as(norm, ELEMENT.float32), [rows, 1]),
  ];
};

/**
 * `LabUnitNormGrad`: `(dy - y (y dy)) / norm`; where epsilon was the divisor,
 * it is a constant and the gradient is `dy / epsilon`.
 */
export const unitNormGradient: Kernel = ({ inputs, attrs, backend, torch }) => {
  const { call } = torch;
  const { dy, y, norm } = inputs as Record<"dy" | "y" | "norm", Info>;
  const { epsilon = 1e-12 } = attrs;
  const [given, unit] = [backend.floats(dy), backend.floats(y)];
  const length = backend.floats(norm);
  const least = torch.full([], epsilon);
  const sums = call(
    "aten::sum.dim_IntList",
    call("aten::mul.Tensor", given, unit),
    ...OF_ROW,
  );
  const isBounded = call("aten::lt.Tensor", length, least);
  const along = call("aten::where.self", isBounded, torch.full([], 0), sums);
  const across = torch.add(given, call("aten::mul.Tensor", unit, along), -1);
  const divisor = call("aten::clamp.Tensor", length, { some: least }, null);
  return backend.adopt(call("aten::div.Tensor", across, divisor), dy.shape);
};
