/**
 * Functions of numbers, one by one: libtorch's own for floats, the plain ones
 * for everything else.
 *
 * @module
 */
import type { Kernel, KernelCall } from "../kernel.ts";
import { ELEMENT, type Handle } from "../operators.ts";
import type { HostType } from "../../reference/host_kernel.ts";
import { ELEMENT_OF } from "../elements.ts";
import type { Info } from "../torch_backend.ts";
import { broadcastShape } from "../../reference/shape_walk.ts";

/** Functions of one number, by libtorch's name. */
const UNARY: Readonly<Record<string, string>> = {
  Abs: "abs",
  Ceil: "ceil",
  Cos: "cos",
  Erf: "erf",
  Exp: "exp",
  Expm1: "expm1",
  Floor: "floor",
  Log: "log",
  Log1p: "log1p",
  Neg: "neg",
  Reciprocal: "reciprocal",
  Relu: "relu",
  Round: "round",
  Rsqrt: "rsqrt",
  Sigmoid: "sigmoid",
  Sin: "sin",
  Sqrt: "sqrt",
  Tanh: "tanh",
};

/** Functions of two numbers. */
const BINARY: Readonly<Record<string, string>> = {
  Atan2: "atan2",
  Maximum: "maximum",
  Minimum: "minimum",
  Mod: "remainder.Tensor",
  Multiply: "mul.Tensor",
  Pow: "pow.Tensor_Tensor",
  RealDiv: "div.Tensor",
};

/** Tests of two numbers. */
const TESTS: Readonly<Record<string, string>> = {
  Equal: "eq.Tensor",
  Greater: "gt.Tensor",
  GreaterEqual: "ge.Tensor",
  Less: "lt.Tensor",
  LessEqual: "le.Tensor",
  NotEqual: "ne.Tensor",
};

/** What a kernel computes on handles. */
type OnHandles = (call: KernelCall, ...handles: Handle[]) => Handle;

/** Others, made of several of libtorch's. */
const MADE: Readonly<Record<string, OnHandles>> = {
  Add: ({ torch }, a, b) => torch.add(a!, b!),
  Sub: ({ torch }, a, b) => torch.add(a!, b!, -1),
  SquaredDifference: ({ torch }, a, b) => {
    const difference = torch.add(a!, b!, -1);
    return torch.call("aten::mul.Tensor", difference, difference);
  },
  Square: ({ torch }, x) => torch.call("aten::mul.Tensor", x!, x!),
  Softplus: ({ torch: { call, add } }, x) => {
    const falling = call("aten::exp", call("aten::neg", call("aten::abs", x!)));
    return add(call("aten::relu", x!), call("aten::log1p", falling));
  },
  ClipByValue: ({ torch, attrs }, x) =>
    torch.call(
      "aten::clamp.Tensor",
      x!,
      { some: torch.full([], attrs.clipValueMin) },
      { some: torch.full([], attrs.clipValueMax) },
    ),
  ZerosLike: ({ torch, inputs }) => torch.full(inputs.x!.shape, 0),
  OnesLike: ({ torch, inputs }) => torch.full(inputs.x!.shape, 1),
};

/** Runs on libtorch where all inputs are floats, else as `otherwise` does. */
function onFloats(
  compute: OnHandles,
  otherwise: Kernel,
  dtype: HostType = "float32",
): Kernel {
  return (call) => {
    const infos = Object.values(call.inputs) as Info[];
    if (infos.some((info) => info.dtype !== "float32")) return otherwise(call);
    const made = compute(
      call,
      ...infos.map((info) => call.backend.handle(info)),
    );
    const shape = infos.map((info) => info.shape).reduce((a, b) =>
      broadcastShape(a, b)
    );
    return call.backend.adopt(made, shape, dtype);
  };
}

/** Calls one of libtorch's operators. */
function named(operator: string): OnHandles {
  return ({ torch }, ...handles) => torch.call(`aten::${operator}`, ...handles);
}

/** `AddN`: one after another, as the plain kernel does. */
const addN: OnHandles = ({ torch }, first, ...others) =>
  others.reduce((sum, other) => torch.add(sum, other), first!);

/** `Select`: a condition of rank 1 chooses whole rows. */
const select: Kernel = ({ inputs, backend, torch }) => {
  const { condition, t, e } = inputs as Record<"condition" | "t" | "e", Info>;
  const { shape } = t;
  const missing = shape.length - condition.shape.length;
  const wide = missing === 0
    ? backend.handle(condition)
    : torch.call("aten::reshape", backend.handle(condition), [
      ...condition.shape,
      ...Array<number>(missing).fill(1),
    ]);
  const flags = torch.as(wide, ELEMENT.bool);
  const made = torch.call(
    "aten::where.self",
    flags,
    backend.handle(t),
    backend.handle(e),
  );
  return backend.adopt(made, shape, t.dtype);
};

/** `Cast`: a view where nothing changes. */
const cast: Kernel = ({ inputs, attrs, backend, torch }) => {
  const x = inputs.x!;
  const { dtype } = attrs;
  if (dtype === x.dtype) return backend.reshaped(x, x.shape);
  const made = torch.as(backend.handle(x), ELEMENT_OF[dtype as HostType]);
  return backend.adopt(made, x.shape, dtype);
};

/** `Fill`: one number everywhere. */
const fill: Kernel = ({ attrs, backend, torch }) => {
  const dtype = (attrs.dtype ?? "float32") as HostType;
  const made = torch.full(attrs.shape, Number(attrs.value), ELEMENT_OF[dtype]);
  return backend.adopt(made, attrs.shape, dtype);
};

/** Every name of a table, on libtorch where it can. */
function tabled(
  plain: Readonly<Record<string, Kernel>>,
  table: Readonly<Record<string, string | OnHandles>>,
  dtype?: HostType,
): Record<string, Kernel> {
  return Object.fromEntries(
    Object.entries(table).map(([name, what]) => {
      const compute = typeof what === "string" ? named(what) : what;
      return [name, onFloats(compute, plain[name]!, dtype)];
    }),
  );
}

/**
 * Replaces the plain kernels that libtorch has.
 *
 * @param plain The plain kernels by name.
 * @returns All of them, the replaced ones among them.
 */
export function withElementwise(
  plain: Readonly<Record<string, Kernel>>,
): Record<string, Kernel> {
  return {
    ...plain,
    ...tabled(plain, UNARY),
    ...tabled(plain, BINARY),
    ...tabled(plain, TESTS, "bool"),
    ...tabled(plain, { ...MADE, AddN: addN }),
    Select: select,
    Cast: cast,
    Fill: fill,
  };
}
