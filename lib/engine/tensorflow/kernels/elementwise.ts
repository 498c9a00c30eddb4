/**
 * Functions of numbers, one by one: TensorFlow's own for floats and flags, the
 * plain ones for everything else.
 *
 * @module
 */
import { broadcastShape } from "../../reference/shape_walk.ts";
import type { Kernel, KernelCall } from "../kernel.ts";
import { ELEMENT, type Handle } from "../operators.ts";
import type { Info } from "../tensorflow_backend.ts";
import type { HostType } from "../../reference/host_kernel.ts";
import { ELEMENT_OF } from "../tensors.ts";

/** Functions of numbers, by TensorFlow's name where it is another. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  Abs: "Abs",
  Add: "AddV2",
  Atan2: "Atan2",
  Ceil: "Ceil",
  Cos: "Cos",
  Erf: "Erf",
  Exp: "Exp",
  Expm1: "Expm1",
  Floor: "Floor",
  FloorDiv: "FloorDiv",
  Log: "Log",
  Log1p: "Log1p",
  Maximum: "Maximum",
  Minimum: "Minimum",
  Mod: "FloorMod",
  Multiply: "Mul",
  Neg: "Neg",
  OnesLike: "OnesLike",
  Pow: "Pow",
  RealDiv: "RealDiv",
  Reciprocal: "Reciprocal",
  Relu: "Relu",
  Round: "Round",
  Rsqrt: "Rsqrt",
  Sigmoid: "Sigmoid",
  Sign: "Sign",
  Sin: "Sin",
  Softplus: "Softplus",
  Sqrt: "Sqrt",
  Square: "Square",
  SquaredDifference: "SquaredDifference",
  Sub: "Sub",
  Tanh: "Tanh",
  ZerosLike: "ZerosLike",
};

/** Tests of floats. */
const TESTS: Readonly<Record<string, string>> = {
  Equal: "Equal",
  Greater: "Greater",
  GreaterEqual: "GreaterEqual",
  IsFinite: "IsFinite",
  IsInf: "IsInf",
  IsNan: "IsNan",
  Less: "Less",
  LessEqual: "LessEqual",
  NotEqual: "NotEqual",
};

/** Functions of flags. */
const LOGIC: Readonly<Record<string, string>> = {
  LogicalAnd: "LogicalAnd",
  LogicalNot: "LogicalNot",
  LogicalOr: "LogicalOr",
};

/** What a kernel computes on handles. */
type OnHandles = (call: KernelCall, ...handles: Handle[]) => Handle;

/** Others, which have settings or are made of several of TensorFlow's. */
const MADE: Readonly<Record<string, OnHandles>> = {
  ClipByValue: ({ flow, attrs }, x) =>
    flow.call("Minimum", [
      flow.call("Maximum", [x!, flow.scalar(attrs.clipValueMin)]),
      flow.scalar(attrs.clipValueMax),
    ]),
  LeakyRelu: ({ flow, attrs }, x) =>
    flow.call("LeakyRelu", [x!], { alpha: { float: attrs.alpha } }),
  Step: ({ flow: { call, scalar }, attrs }, x) => {
    const isAbove = call("Greater", [x!, scalar(0)]);
    const low = scalar(attrs.alpha);
    const step = call("SelectV2", [isAbove, scalar(1), low]);
    return call("SelectV2", [call("IsNan", [x!]), x!, step]);
  },
};

/** Kinds of numbers: of the inputs that TensorFlow gets, of the result. */
interface Kinds {
  readonly given: HostType;
  readonly made: HostType;
}

/** Runs on TensorFlow where all inputs are of one kind, else as `otherwise` does. */
function onKind(
  compute: OnHandles,
  otherwise: Kernel,
  { given, made }: Kinds,
): Kernel {
  return (call) => {
    const infos = Object.values(call.inputs) as Info[];
    if (infos.some((info) => info.dtype !== given)) return otherwise(call);
    const handles = infos.map((info) => call.backend.handle(info));
    const shape = infos.map((info) => info.shape).reduce((a, b) =>
      broadcastShape(a, b)
    );
    return call.backend.adopt(compute(call, ...handles), shape, made);
  };
}

/** Calls one of TensorFlow's operations. */
function named(operation: string): OnHandles {
  return ({ flow }, ...handles) => flow.call(operation, handles);
}

/** `AddN`: TensorFlow adds all in one pass. */
const addN: OnHandles = ({ flow }, ...handles) => flow.call("AddN", [handles]);

/** `Select`: a condition of rank 1 chooses whole rows. */
const select: Kernel = ({ inputs, backend, flow }) => {
  const { condition, t, e } = inputs as Record<"condition" | "t" | "e", Info>;
  const missing = t.shape.length - condition.shape.length;
  const given = backend.handle(condition);
  const wide = missing === 0 ? given : flow.reshaped(given, [
    ...condition.shape,
    ...Array<number>(missing).fill(1),
  ]);
  const flags = flow.as(wide, ELEMENT.bool);
  const operands = [flags, backend.handle(t), backend.handle(e)];
  return backend.adopt(flow.call("SelectV2", operands), t.shape, t.dtype);
};

/** `Cast`: the same memory where nothing changes. */
const cast: Kernel = ({ inputs, attrs, backend, flow }) => {
  const x = inputs.x!;
  const dtype = attrs.dtype as HostType;
  if (dtype === x.dtype) return backend.reshaped(x, x.shape);
  const made = flow.as(backend.handle(x), ELEMENT_OF[dtype]);
  return backend.adopt(made, x.shape, dtype);
};

/** Every name of a table, on TensorFlow where it can. */
function tabled(
  plain: Readonly<Record<string, Kernel>>,
  table: Readonly<Record<string, string | OnHandles>>,
  kinds: Kinds,
): Record<string, Kernel> {
  return Object.fromEntries(
    Object.entries(table).map(([name, what]) => {
      const compute = typeof what === "string" ? named(what) : what;
      return [name, onKind(compute, plain[name]!, kinds)];
    }),
  );
}

/**
 * Replaces the plain kernels that TensorFlow has.
 *
 * @param plain The plain kernels by name.
 * @returns All of them, the replaced ones among them.
 */
export function withElementwise(
  plain: Readonly<Record<string, Kernel>>,
): Record<string, Kernel> {
  const floats = { given: "float32", made: "float32" } as const;
  return {
    ...plain,
    ...tabled(plain, { ...FUNCTIONS, ...MADE, AddN: addN }, floats),
    ...tabled(plain, TESTS, { given: "float32", made: "bool" }),
    ...tabled(plain, LOGIC, { given: "bool", made: "bool" }),
    Select: select,
    Cast: cast,
  };
}
