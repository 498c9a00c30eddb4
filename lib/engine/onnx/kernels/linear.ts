/**
 * The fused linear layer and its gradient, some hundred rows at a time.
 *
 * What one operator writes, the next one finds in the cache; measured against
 * whole matrices this takes a tenth off the matrix products themselves.
 *
 * @module
 */
import type { Argument, GraphForm, Node } from "../graph.ts";
import { type Kernel, type KernelCall, rowPieces } from "../kernel.ts";
import type { Info } from "../onnx_backend.ts";
import { activationGradient } from "./activation.ts";

/** Numbers that the wider side of a core's share of rows may have: 2.3 MB. */
const PIECE = 384 * 1536;

const ACTIVATE: Readonly<Record<string, string>> = {
  gelu: "ms.Gelu",
  relu: "Relu",
};

/** `u = x W^T + bias` and, with an activation, `y` of it. */
function forwardForm(activation: string, bias: boolean): GraphForm {
  const operator = ACTIVATE[activation];
  const product = bias ? "t" : "u";
  const nodes: Node[] = [
    ["ms.FusedMatMul", "x weight", product, { transB: 1 }],
  ];
  if (bias) nodes.push(["Add", "t bias", "u"]);
  if (operator !== undefined) nodes.push([operator, "u", "y"]);
  return {
    inputs: bias ? "x weight bias" : "x weight",
    outputs: operator === undefined ? "u" : "u y",
    nodes,
  };
}

/**
 * `dx = du W`, `dW += du^T x` and `dbias += 1^T du`; what is added to and the
 * result are the same memory.
 */
function backwardForm(needX: boolean, bias: boolean): GraphForm {
  const nodes: Node[] = [
    ["Gemm", "du x old", "dweight", { transA: 1 }],
  ];
  if (needX) nodes.push(["MatMul", "du weight", "dx"]);
  if (bias) nodes.push(["Gemm", "ones du oldBias", "dbias"]);
  return {
    inputs: "du x old" + (needX ? " weight" : "") +
      (bias ? " ones oldBias" : ""),
    outputs: "dweight" + (needX ? " dx" : "") + (bias ? " dbias" : ""),
    nodes,
  };
}

/** Rows of a matrix, as an argument. */
type Rows = (info: Info, start: number, count: number) => Argument;

/** Makes arguments of rows. */
function rowsOf({ backend }: KernelCall): Rows {
  return (info, start, count) => {
    const width = info.shape[1]!;
    return backend.argument(info, {
      shape: [count, width],
      from: start * width,
    });
  };
}

/** Pieces of rows of a layer. */
function piecesOf({ inputs, backend }: KernelCall) {
  const [out, width] = inputs.weight!.shape as [number, number];
  const rows = inputs.x!.shape[0]!;
  return rowPieces(backend, [rows, Math.max(out, width)], PIECE);
}

/** `LabLinear`: `[y]`, or `[y, pre]` where there is an activation. */
export const linear: Kernel = (call) => {
  const { inputs, attrs, backend } = call;
  const { x, weight, bias } = inputs as { x: Info; weight: Info; bias?: Info };
  const { activation } = attrs;
  const shape = [x.shape[0]!, weight.shape[0]!];
  const results = (activation === "none" ? [0] : [0, 1]).map(() =>
    backend.allocate(shape)
  );
  const graph = backend.graph(
    `linear ${activation} ${bias !== undefined}`,
    () => forwardForm(activation, bias !== undefined),
  );
  const rows = rowsOf(call);
  const fixed = [weight, ...(bias ? [bias] : [])].map((info) =>
    backend.argument(info)
  );
  for (const [start, count] of piecesOf(call)) {
    graph(
      [rows(x, start, count), ...fixed],
      results.map((info) => rows(info, start, count)),
    );
  }
  return results.reverse();
};

/** `LabLinearGrad`: `[dx, dweight]`, and `dbias` where there is a bias. */
export const linearGradient: Kernel = (call) => {
  const { inputs, attrs, backend } = call;
  const { x, weight } = inputs as { x: Info; weight: Info };
  const { needX, bias } = attrs;
  const out = weight.shape[0]!;
  const graph = backend.graph(
    `linear gradient ${needX} ${bias}`,
    () => backwardForm(needX, bias),
  );
  const dx = zeros(call, needX ? x.shape : [], !needX);
  const dweight = zeros(call, weight.shape);
  const dbias = bias ? [zeros(call, [out])] : [];
  const rows = rowsOf(call);
  const ones = bias ? onesOf(call) : undefined;
  const du = activationGradient(call, piecesOf(call));
  const sum = backend.argument(dweight);
  const biasSum = dbias.map((info) =>
    backend.argument(info, { shape: [1, out] })
  );
  for (const [start, count] of piecesOf(call)) {
    const given = [du.piece(start, count), rows(x, start, count), sum];
    if (needX) given.push(backend.argument(weight));
    if (ones) given.push(backend.argument(ones, { shape: [1, count] }));
    graph([...given, ...biasSum], [
      sum,
      ...(needX ? [rows(dx, start, count)] : []),
      ...biasSum,
    ]);
  }
  du.free();
  if (ones) backend.free(ones);
  return [dx, dweight, ...dbias];
};

/** A new tensor; of zeros, unless it is about to be overwritten. */
function zeros({ backend }: KernelCall, shape: number[], clear = true): Info {
  const info = backend.allocate(shape);
  if (clear) backend.floats(info).fill(0);
  return info;
}

/** A row of ones, to add rows up by a matrix product. */
function onesOf(call: KernelCall): Info {
  const info = call.backend.allocate([call.inputs.x!.shape[0]!]);
  call.backend.floats(info).fill(1);
  return info;
}
