/**
 * Steps of optimisers, in place where nobody else reads the memory.
 *
 * @module
 */
import type { Argument } from "../calls.ts";
import type { GraphForm } from "../graph.ts";
import { type Kernel, type KernelCall, rowPieces } from "../kernel.ts";
import { sizeOf } from "../../reference/shape_walk.ts";
import type { Info, OnnxBackend } from "../onnx_backend.ts";

/** Numbers of a piece: its ten or so intermediate results stay in the cache. */
const PIECE = 1 << 16;

/**
 * `first` and `second` move towards `g` and `g^2`, then
 * `parameter = keep parameter - rate first / (root scale + epsilon)`.
 */
const ADAM: GraphForm = {
  inputs: "p g m v beta1 gain1 beta2 gain2 scale epsilon rate keep",
  outputs: "p2 m2 v2",
  nodes: [
    ["Mul", "m beta1", "ma"],
    ["Mul", "g gain1", "mb"],
    ["Add", "ma mb", "m2"],
    ["Mul", "g g", "gg"],
    ["Mul", "v beta2", "va"],
    ["Mul", "gg gain2", "vb"],
    ["Add", "va vb", "v2"],
    ["Sqrt", "v2", "root"],
    ["Mul", "root scale", "scaled"],
    ["Add", "scaled epsilon", "divisor"],
    ["Div", "m2 divisor", "direction"],
    ["Mul", "direction rate", "step"],
    ["Mul", "p keep", "kept"],
    ["Sub", "kept step", "p2"],
  ],
};

/** `second` moves towards `g^2`; `u = g / (root scale + epsilon) + decay y`; `y` follows. */
const FREE: GraphForm = {
  inputs: "y g z v beta2 gain2 scale epsilon decay stay mix share",
  outputs: "y2 v2 u",
  nodes: [
    ["Mul", "g g", "gg"],
    ["Mul", "v beta2", "va"],
    ["Mul", "gg gain2", "vb"],
    ["Add", "va vb", "v2"],
    ["Sqrt", "v2", "root"],
    ["Mul", "root scale", "scaled"],
    ["Add", "scaled epsilon", "divisor"],
    ["Div", "g divisor", "direction"],
    ["Mul", "y decay", "shrink"],
    ["Add", "direction shrink", "u"],
    ["Mul", "y stay", "ya"],
    ["Mul", "z mix", "yb"],
    ["Add", "ya yb", "mixed"],
    ["Mul", "u share", "step"],
    ["Add", "mixed step", "y2"],
  ],
};

/** `z2 = z - rate u`: a graph of its own, for `z` is read before it is written. */
const DESCEND: GraphForm = {
  inputs: "z u rate",
  outputs: "z2",
  nodes: [["Mul", "u rate", "step"], ["Sub", "z step", "z2"]],
};

const SCALE: GraphForm = {
  inputs: "x factor",
  outputs: "y",
  nodes: [["Mul", "x factor", "y"]],
};

const SQUARES: GraphForm = {
  inputs: "x",
  outputs: "sums",
  nodes: [["ReduceSumSquare", "x", "sums", { axes: [1], keepdims: 0 }]],
};

/** The same tensor to write on, or a new one where others still read it. */
function target(backend: OnnxBackend, info: Info): Info {
  return backend.isOwnedAlone(info)
    ? backend.reshaped(info, info.shape)
    : backend.allocate(info.shape);
}

/** Single numbers as arguments, and how to free them. */
function scalars({ backend }: KernelCall, numbers: readonly number[]) {
  const info = backend.allocate([numbers.length]);
  backend.floats(info).set(numbers);
  return {
    values: numbers.map((_, from) =>
      backend.argument(info, { shape: [], from })
    ),
    free: () => backend.free(info),
  };
}

/** Visits a flat array in pieces; `part` cuts a tensor. */
function inPieces(
  { backend }: KernelCall,
  like: Info,
  visit: (part: (info: Info) => Argument) => void,
): void {
  const size = sizeOf(like.shape);
  backend.together(
    rowPieces(backend, [size, 1], PIECE),
    ([from, count]) =>
      visit((info) => backend.argument(info, { shape: [count], from })),
  );
}

/** `LabAdamW`: `[parameter, first, second]`. */
export const adamW: Kernel = (call) => {
  const { inputs, attrs, backend } = call;
  const { parameter, gradient, first, second } = inputs as Record<
    "parameter" | "gradient" | "first" | "second",
    Info
  >;
  const { learningRate, beta1, beta2, epsilon, weightDecay } = attrs;
  const results = [parameter, first, second].map((info) =>
    target(backend, info)
  );
  const numbers = scalars(call, [
    beta1,
    1 - beta1,
    beta2,
    1 - beta2,
    1 / Math.sqrt(attrs.correction2),
    epsilon,
    learningRate / attrs.correction1,
    1 - learningRate * weightDecay,
  ]);
  const graph = backend.graph("adam", () => ADAM);
  inPieces(call, parameter, (part) => {
    const given = [parameter, gradient, first, second].map(part);
    graph([...given, ...numbers.values], results.map(part));
  });
  numbers.free();
  return results;
};

/** `LabScheduleFreeAdamW`: `[y, z, second]`. */
export const scheduleFreeAdamW: Kernel = (call) => {
  const { inputs, attrs, backend } = call;
  const { y, gradient, z, second } = inputs as Record<
    "y" | "gradient" | "z" | "second",
    Info
  >;
  const { learningRate, beta1, beta2, epsilon, weightDecay, mix } = attrs;
  const results = [y, z, second].map((info) => target(backend, info));
  const [y2, z2, second2] = results as [Info, Info, Info];
  const numbers = scalars(call, [
    beta2,
    1 - beta2,
    1 / Math.sqrt(attrs.correction2),
    epsilon,
    weightDecay,
    1 - mix,
    mix,
    learningRate * (beta1 * (1 - mix) - 1),
    learningRate,
  ]);
  const rate = numbers.values.pop()!;
  const u = backend.allocate(y.shape);
  const follow = backend.graph("schedule-free", () => FREE);
  const descend = backend.graph("descend", () => DESCEND);
  inPieces(call, y, (part) => {
    const given = [y, gradient, z, second].map(part);
    follow([...given, ...numbers.values], [part(y2), part(second2), part(u)]);
    descend([part(z), part(u), rate], [part(z2)]);
  });
  backend.free(u);
  numbers.free();
  return results;
};

/** `LabScale`: `[factor x]`. */
export const scale: Kernel = (call) => {
  const { inputs, attrs, backend } = call;
  const x = inputs.x!;
  const result = target(backend, x);
  const factor = scalars(call, [attrs.factor]);
  const graph = backend.graph("scale", () => SCALE);
  inPieces(call, x, (part) => {
    graph([part(x), ...factor.values], [part(result)]);
  });
  factor.free();
  return [result];
};

/** `LabSumOfSquares`: a scalar; sums of some thousand are added up in 64 bits. */
export const sumOfSquares: Kernel = ({ inputs, backend }) => {
  const x = inputs.x!;
  const width = 4096;
  const size = sizeOf(x.shape);
  const rows = Math.floor(size / width);
  let sum = 0;
  if (rows > 0) {
    const parts = backend.allocate([rows]);
    const graph = backend.graph("sums of squares", () => SQUARES);
    backend.together(rowPieces(backend, [rows, width]), ([start, count]) => {
      const shape = [count, width];
      graph(
        [backend.argument(x, { shape, from: start * width })],
        [backend.argument(parts, { shape: [count], from: start })],
      );
    });
    for (const part of backend.floats(parts)) sum += part;
    backend.free(parts);
  }
  const values = backend.floats(x);
  for (let i = rows * width; i < size; i++) sum += values[i]! * values[i]!;
  const result = backend.allocate([]);
  backend.floats(result)[0] = sum;
  return [result];
};
