/**
 * The fused linear layer and its gradient.
 *
 * @module
 */
import type { GraphForm, Node } from "../graph.ts";
import { inPieces, type Kernel, type KernelCall } from "../kernel.ts";
import type { Info, OnnxBackend } from "../onnx_backend.ts";

/** `y = x W^T`, into memory that is then added to and activated in place. */
const PRODUCT: GraphForm = {
  inputs: "x weight",
  outputs: "y",
  nodes: [["ms.FusedMatMul", "x weight", "y", { transB: 1 }]],
};

/** `y += bias`, row by row. */
const ADD_BIAS: GraphForm = {
  inputs: "sum bias",
  outputs: "y",
  nodes: [["Add", "sum bias", "y"]],
};

const ACTIVATE: Readonly<Record<string, GraphForm>> = {
  gelu: { inputs: "u", outputs: "y", nodes: [["ms.Gelu", "u", "y"]] },
  relu: { inputs: "u", outputs: "y", nodes: [["Relu", "u", "y"]] },
};

/**
 * `dy gelu'(u)`, with `gelu'(u) = cdf(u) + u density(u)` of the standard
 * normal; `a = u / sqrt 2`, so that `u density(u) = a exp(-a^2) / sqrt pi`.
 */
const GELU_GRADIENT: GraphForm = {
  inputs: "dy u",
  outputs: "du",
  nodes: [
    ["Mul", "u root", "a"],
    ["Erf", "a", "e"],
    ["Mul", "a a", "a2"],
    ["Neg", "a2", "n"],
    ["Exp", "n", "x"],
    ["Mul", "a x", "ax"],
    ["Mul", "ax slope", "s"],
    ["Mul", "e half", "h"],
    ["Add", "h half", "cdf"],
    ["Add", "cdf s", "g"],
    ["Mul", "dy g", "du"],
  ],
  constants: { root: Math.SQRT1_2, half: 0.5, slope: 1 / Math.sqrt(Math.PI) },
};

const RELU_GRADIENT: GraphForm = {
  inputs: "dy u",
  outputs: "du",
  nodes: [["Greater", "u zero", "on"], ["Where", "on dy zero", "du"]],
  constants: { zero: 0 },
};

/** `dx = dy W`. */
const INPUT_GRADIENT: GraphForm = {
  inputs: "dy weight",
  outputs: "dx",
  nodes: [["MatMul", "dy weight", "dx"]],
};

/** `dW = dy^T x`. */
const WEIGHT_GRADIENT: GraphForm = {
  inputs: "dy x",
  outputs: "dweight",
  nodes: [["ms.FusedMatMul", "dy x", "dweight", { transA: 1 }]],
};

/** The sum over rows. */
const COLUMN_SUM: GraphForm = {
  inputs: "x",
  outputs: "sum",
  nodes: [["ReduceSum", "x axes", "sum", { keepdims: 0 }] as Node],
  constants: { axes: [0] },
};

/** `LabLinear`: `[y]`, or `[y, pre]` where there is an activation. */
export const linear: Kernel = ({ inputs, attrs, backend }) => {
  const { x, weight, bias } = inputs as { x: Info; weight: Info; bias?: Info };
  const shape = [x.shape[0]!, weight.shape[0]!];
  const sum = backend.allocate(shape);
  const at = (info: Info) => backend.argument(info);
  backend.graph("linear product", () => PRODUCT)([at(x), at(weight)], [
    at(sum),
  ]);
  if (bias !== undefined) {
    const add = backend.graph("linear bias", () => ADD_BIAS);
    add([at(sum), at(bias)], [at(sum)]);
  }
  if (attrs.activation === "none") return [sum];
  const form = ACTIVATE[attrs.activation as string]!;
  const y = backend.allocate(shape);
  backend.graph(attrs.activation, () => form)([at(sum)], [at(y)]);
  return [y, sum];
};

/** `LabLinearGrad`: `[dx, dweight]`, and `dbias` where there is a bias. */
export const linearGradient: Kernel = (call) => {
  const { inputs, attrs, backend } = call;
  const { dy, x, weight } = inputs as { dy: Info; x: Info; weight: Info };
  const du = attrs.activation === "none" ? dy : activationGradient(call);
  const at = (info: Info) => backend.argument(info);
  const dweight = backend.allocate(weight.shape);
  backend.graph("linear dweight", () => WEIGHT_GRADIENT)(
    [at(du), at(x)],
    [at(dweight)],
  );
  const results = [inputGradient(call, du), dweight];
  if (attrs.bias) results.push(columnSum(backend, du));
  if (du !== dy) backend.free(du);
  return results;
};

/** `dx`, or a zero where nobody asks for it. */
function inputGradient({ inputs, attrs, backend }: KernelCall, du: Info): Info {
  const { x, weight } = inputs as { x: Info; weight: Info };
  const dx = backend.allocate(attrs.needX ? x.shape : []);
  if (!attrs.needX) {
    backend.floats(dx)[0] = 0;
    return dx;
  }
  backend.graph("linear dx", () => INPUT_GRADIENT)(
    [backend.argument(du), backend.argument(weight)],
    [backend.argument(dx)],
  );
  return dx;
}

/** The gradient before the activation. */
function activationGradient({ inputs, attrs, backend }: KernelCall): Info {
  const { dy, pre } = inputs as { dy: Info; pre: Info };
  const [rows, width] = dy.shape as [number, number];
  const du = backend.allocate(dy.shape);
  const graph = backend.graph(
    `${attrs.activation} gradient`,
    () => attrs.activation === "gelu" ? GELU_GRADIENT : RELU_GRADIENT,
  );
  inPieces(rows, width, (start, count) => {
    const part = { shape: [count, width], from: start * width };
    graph(
      [backend.argument(dy, part), backend.argument(pre, part)],
      [backend.argument(du, part)],
    );
  });
  return du;
}

/** Sums a matrix over its rows. */
export function columnSum(backend: OnnxBackend, matrix: Info): Info {
  const sum = backend.allocate(matrix.shape.slice(1));
  backend.graph("column sum", () => COLUMN_SUM)(
    [backend.argument(matrix)],
    [backend.argument(sum)],
  );
  return sum;
}
