/**
 * The fused layer norm with residual and its gradient.
 *
 * @module
 */
import type { GraphForm, Node } from "../graph.ts";
import { type Kernel, rowPieces } from "../kernel.ts";
import type { Info, OnnxBackend } from "../onnx_backend.ts";
import { onLiveRows } from "./live_rows.ts";

const ROW_MEAN = { axes: [-1], keepdims: 1 };

/** ONNX Runtime's own operator, which is exact also far from 0, and its row figures. */
function forwardForm(residual: boolean, epsilon: number): GraphForm {
  const add: Node[] = residual ? [["Add", "x residual", "s"]] : [];
  const s = residual ? "s" : "x";
  const attributes = { axis: -1, epsilon: { float: epsilon } };
  return {
    inputs: residual ? "x gain bias residual" : "x gain bias",
    outputs: "y normalised inverse",
    nodes: [
      ...add,
      ["LayerNormalization", `${s} gain bias`, "y mean inverse", attributes],
      ["Sub", `${s} mean`, "centred"],
      ["Mul", "centred inverse", "normalised"],
    ],
  };
}

/**
 * With `h = dy gain`, `dx = (h - mean h - n mean(h n)) inverse` for each row
 * `n` of `normalised`; `weighted = dy normalised` sums up to `dgain`.
 */
const BACKWARD: GraphForm = {
  inputs: "dy normalised inverse gain",
  outputs: "dx dgain dbias",
  nodes: [
    ["Mul", "dy gain", "h"],
    ["Mul", "h normalised", "hn"],
    ["ReduceMean", "h", "mean", ROW_MEAN],
    ["ReduceMean", "hn", "slope", ROW_MEAN],
    ["Mul", "normalised slope", "along"],
    ["Sub", "h mean", "centred"],
    ["Sub", "centred along", "across"],
    ["Mul", "across inverse", "dx"],
    ["Mul", "dy normalised", "weighted"],
    ["ReduceSum", "weighted rows", "dgain", { keepdims: 0 }],
    ["ReduceSum", "dy rows", "dbias", { keepdims: 0 }],
  ],
  constants: { rows: [0] },
};

/** `LabLayerNorm`: `[y, normalised, inverseDeviation]`. */
export const layerNorm: Kernel = ({ inputs, attrs, backend }) => {
  const { x, gain, bias, residual } = inputs as Record<string, Info>;
  const [rows, n] = x!.shape as [number, number];
  const graph = backend.graph(
    `layer norm ${residual !== undefined} ${attrs.epsilon}`,
    () => forwardForm(residual !== undefined, attrs.epsilon),
  );
  const results = [[rows, n], [rows, n], [rows, 1]].map((shape) =>
    backend.allocate(shape)
  );
  const vectors = [backend.argument(gain!), backend.argument(bias!)];
  backend.together(rowPieces(backend, [rows, n]), ([start, count]) => {
    const part = { shape: [count, n], from: start * n };
    const given = [backend.argument(x!, part), ...vectors];
    if (residual !== undefined) given.push(backend.argument(residual, part));
    graph(given, [
      backend.argument(results[0]!, part),
      backend.argument(results[1]!, part),
      backend.argument(results[2]!, { shape: [count, 1], from: start }),
    ]);
  });
  return results;
};

/** `LabLayerNormGrad` on all rows. */
const denseGradient: Kernel = ({ inputs, backend }) => {
  const { dy, normalised, inverseDeviation, gain } = inputs as Record<
    "dy" | "normalised" | "inverseDeviation" | "gain",
    Info
  >;
  const [rows, n] = dy.shape as [number, number];
  const graph = backend.graph("layer norm gradient", () => BACKWARD);
  const dx = backend.allocate([rows, n]);
  const pieces = rowPieces(backend, [rows, n]);
  const sums = [0, 1].map(() => backend.allocate([pieces.length, n]));
  backend.together([...pieces.entries()], ([piece, [start, count]]) => {
    const part = { shape: [count, n], from: start * n };
    const sum = { shape: [n], from: piece * n };
    graph([
      backend.argument(dy, part),
      backend.argument(normalised, part),
      backend.argument(inverseDeviation, { shape: [count, 1], from: start }),
      backend.argument(gain),
    ], [
      backend.argument(dx, part),
      ...sums.map((info) => backend.argument(info, sum)),
    ]);
  });
  const gradients = sums.map((info) => columnSum(backend, info));
  sums.forEach((info) => backend.free(info));
  return [dx, ...gradients];
};

/** `LabLayerNormGrad`: `[dx, dgain, dbias]`. */
export const layerNormGradient: Kernel = onLiveRows(
  denseGradient,
  ["dy", "normalised", "inverseDeviation"],
);

/** Sums a matrix over its rows. */
function columnSum(backend: OnnxBackend, matrix: Info): Info {
  const sum = backend.allocate(matrix.shape.slice(1));
  const graph = backend.graph("column sum", () => ({
    inputs: "x",
    outputs: "sum",
    nodes: [["ReduceSum", "x rows", "sum", { keepdims: 0 }]],
    constants: { rows: [0] },
  }));
  graph([backend.argument(matrix)], [backend.argument(sum)]);
  return sum;
}
