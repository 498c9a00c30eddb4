/**
 * TensorFlow.js's own kernels on long float arrays, by one ONNX operator each.
 *
 * A call of ONNX Runtime costs some 15 microseconds, so short arrays, and those
 * that are not floats, are left to the plain kernels.
 *
 * @module
 */
import { tf } from "../../tensor.ts";
import type { Attributes, GraphForm, Node } from "../graph.ts";
import { type Kernel, type KernelCall, rowPieces } from "../kernel.ts";
import { sizeOf } from "../../reference/shape_walk.ts";
import type { Info } from "../onnx_backend.ts";

/** Fewer numbers than this are left to the plain kernels. */
const LONG = 4096;

/** What one call of a graph needs. */
interface Planned {
  /** The graph's name: one graph is built a name. */
  readonly name: string;
  readonly form: () => GraphForm;
  readonly inputs: readonly Info[];
  readonly shape: readonly number[];
  /** The shape to write the output under; default its own. */
  readonly view?: readonly number[];
  /** Whether equal shapes are worked off number by number. */
  readonly isByNumber?: boolean;
}

/** Plans a call, or leaves it to the plain kernel. */
type Planner = (call: KernelCall) => Planned | undefined;

/** Whether all inputs are floats, and one of them long. */
function isLong(infos: readonly (Info | undefined)[]): infos is Info[] {
  return infos.every((info) => info?.dtype === "float32") &&
    infos.some((info) => sizeOf(info!.shape) >= LONG);
}

/** A graph of one operator. */
function single(node: Node): GraphForm {
  return { inputs: node[1], outputs: node[2], nodes: [node] };
}

/** `y = operator(a, b)` with the usual broadcasting. */
function binary(operator: string): Planner {
  return ({ inputs: { a, b } }) => {
    const infos = [a, b];
    if (!isLong(infos)) return undefined;
    return {
      name: operator,
      form: () => single([operator, "a b", "y"]),
      inputs: infos,
      shape: tf.broadcast_util.assertAndGetBroadcastShape(
        infos[0]!.shape,
        infos[1]!.shape,
      ),
      isByNumber: true,
    };
  };
}

/** `y = nodes(x)`, number by number. */
function unary(...nodes: readonly Node[]): Planner {
  const name = `unary ${nodes.map(([operator]) => operator)}`;
  return ({ inputs: { x } }) =>
    isLong([x])
      ? {
        name,
        form: () => ({ inputs: "x", outputs: "y", nodes }),
        inputs: [x!],
        shape: x!.shape,
        isByNumber: true,
      }
      : undefined;
}

/** Sum or mean along axes; not the largest, which would pass over NaN. */
function reduction(operator: string): Planner {
  return ({ inputs: { x }, attrs }) => {
    if (!isLong([x])) return undefined;
    const axes = tf.util.parseAxisParam(
      attrs.axis ?? attrs.reductionIndices ?? null,
      x!.shape,
    );
    const keepDims = attrs.keepDims === true;
    const kept = x!.shape.map((length, i) => axes.includes(i) ? 1 : length);
    return {
      name: `${operator} ${axes} of ${x!.shape.length}`,
      form: () => reductionForm(operator, axes),
      inputs: [x!],
      shape: keepDims ? kept : kept.filter((_, i) => !axes.includes(i)),
      view: kept,
    };
  };
}

/** Axes are an input of ReduceSum and a setting of the others. */
function reductionForm(operator: string, axes: number[]): GraphForm {
  if (operator === "ReduceSum") {
    return {
      inputs: "x",
      outputs: "y",
      nodes: [[operator, "x axes", "y", { keepdims: 1 }]],
      constants: { axes },
    };
  }
  return single([operator, "x", "y", { axes, keepdims: 1 }]);
}

/** Stacks of matrices, either operand transposed. */
const batchMatMul: Planner = ({ inputs: { a, b }, attrs }) => {
  const { transposeA = false, transposeB = false } = attrs;
  const infos = [a, b];
  if (!isLong(infos)) return undefined;
  const [left, right] = infos.map(({ shape }) => shape) as [number[], number[]];
  const rows = left.at(transposeA ? -1 : -2)!;
  const columns = right.at(transposeB ? -2 : -1)!;
  const stack = tf.broadcast_util.assertAndGetBroadcastShape(
    left.slice(0, -2),
    right.slice(0, -2),
  );
  const attributes: Attributes = {
    transA: Number(transposeA),
    transB: Number(transposeB),
  };
  return {
    name: `matrix product ${transposeA} ${transposeB}`,
    form: () => single(["ms.FusedMatMul", "a b", "y", attributes]),
    inputs: infos,
    shape: [...stack, rows, columns],
  };
};

/** `Transpose` by `attrs.perm`. */
const transpose: Planner = ({ inputs: { x }, attrs }) => {
  const perm = attrs.perm as number[];
  if (!isLong([x])) return undefined;
  return {
    name: `transpose ${perm}`,
    form: () => single(["Transpose", "x", "y", { perm }]),
    inputs: [x!],
    shape: perm.map((axis) => x!.shape[axis]!),
  };
};

/** `Softmax` and `LogSoftmax` along the last axis. */
function softmax(operator: string): Planner {
  return ({ inputs: { logits }, attrs }) => {
    const rank = logits!.shape.length;
    const last = attrs.dim ?? attrs.axis ?? -1;
    if (!isLong([logits]) || (last !== -1 && last !== rank - 1)) {
      return undefined;
    }
    return {
      name: operator,
      form: () => single([operator, "x", "y", { axis: -1 }]),
      inputs: [logits!],
      shape: logits!.shape,
    };
  };
}

/** `AddN`: two at a time, in order. */
const addN: Planner = ({ inputs }) => {
  const infos = Object.values(inputs);
  if (!isLong(infos)) return undefined;
  const names = infos.map((_, i) => `x${i}`).join(" ");
  return {
    name: `sum of ${infos.length}`,
    form: () => single(["Sum", names, "y"]),
    inputs: infos,
    shape: infos[0]!.shape,
    isByNumber: true,
  };
};

/** What is worth a call of ONNX Runtime when long. */
const PLANNERS: Readonly<Record<string, Planner>> = {
  Add: binary("Add"),
  Sub: binary("Sub"),
  Multiply: binary("Mul"),
  RealDiv: binary("Div"),
  AddN: addN,
  Sum: reduction("ReduceSum"),
  Mean: reduction("ReduceMean"),
  BatchMatMul: batchMatMul,
  Transpose: transpose,
  Softmax: softmax("Softmax"),
  LogSoftmax: softmax("LogSoftmax"),
  Neg: unary(["Neg", "x", "y"]),
  Square: unary(["Mul", "x x", "y"]),
  Sqrt: unary(["Sqrt", "x", "y"]),
  Exp: unary(["Exp", "x", "y"]),
  Log: unary(["Log", "x", "y"]),
  Erf: unary(["Erf", "x", "y"]),
  Tanh: unary(["Tanh", "x", "y"]),
  Sigmoid: unary(["Sigmoid", "x", "y"]),
  Relu: unary(["Relu", "x", "y"]),
};

/**
 * Puts ONNX operators before plain kernels.
 *
 * @param plain The plain kernels by name.
 * @returns The same names; long arrays go to ONNX Runtime where it has them.
 */
export function withLarge(
  plain: Readonly<Record<string, Kernel>>,
): Record<string, Kernel> {
  const kernels = { ...plain };
  for (const [name, planner] of Object.entries(PLANNERS)) {
    const short = plain[name];
    if (short !== undefined) kernels[name] = chosen(planner, short);
  }
  return kernels;
}

/** Runs the graph where one is planned, else the plain kernel. */
function chosen(planner: Planner, short: Kernel): Kernel {
  return (call) => {
    const planned = planner(call);
    if (planned === undefined) return short(call);
    const { backend } = call;
    const { name, form, inputs, shape, view = shape } = planned;
    const y = backend.allocate(shape);
    const graph = backend.graph(name, form);
    if (planned.isByNumber && inputs.every((info) => isAlike(info, y))) {
      const pieces = rowPieces(backend, [sizeOf(shape), 1]);
      backend.together(pieces, ([from, count]) => {
        const part = (info: Info) =>
          backend.argument(info, { shape: [count], from });
        graph(inputs.map(part), [part(y)]);
      });
    } else {
      const given = inputs.map((info) => backend.argument(info));
      graph(given, [backend.argument(y, { shape: view })]);
    }
    return y;
  };
}

/** Whether two tensors have one shape. */
function isAlike(a: Info, b: Info): boolean {
  return a.shape.length === b.shape.length &&
    a.shape.every((length, axis) => length === b.shape[axis]);
}
