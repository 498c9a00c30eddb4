import { erf } from "./erf.ts";
import type { HostKernel, HostKernels, HostType } from "./host_kernel.ts";

/** One number to one number; `attrs` are the kernel's settings. */
type Unary = (x: number, attrs: Readonly<Record<string, unknown>>) => number;

/** Results of the input's own type. */
const SAME: Readonly<Record<string, Unary>> = {
  Abs: Math.abs,
  Ceil: Math.ceil,
  ClipByValue: (x, attrs) =>
    Math.min(
      Math.max(x, attrs["clipValueMin"] as number),
      attrs["clipValueMax"] as number,
    ),
  Cos: Math.cos,
  Erf: erf,
  Exp: Math.exp,
  Expm1: Math.expm1,
  Floor: Math.floor,
  LeakyRelu: (x, attrs) => x < 0 ? x * (attrs["alpha"] as number) : x,
  Log: Math.log,
  Log1p: Math.log1p,
  Neg: (x) => -x,
  Reciprocal: (x) => 1 / x,
  Relu: (x) => Math.max(0, x),
  Round: roundHalfEven,
  Rsqrt: (x) => 1 / Math.sqrt(x),
  Sigmoid: sigmoid,
  Sign: Math.sign,
  Sin: Math.sin,
  Softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  Sqrt: Math.sqrt,
  Square: (x) => x * x,
  Step: (x, attrs) =>
    x > 0 ? 1 : Number.isNaN(x) ? x : attrs["alpha"] as number,
  Tanh: Math.tanh,
  ZerosLike: () => 0,
  OnesLike: () => 1,
};

/** Results that are true or false. */
const TESTS: Readonly<Record<string, Unary>> = {
  IsFinite: (x) => Number(Number.isFinite(x)),
  IsInf: (x) => Number(Math.abs(x) === Infinity),
  IsNan: (x) => Number(Number.isNaN(x)),
  LogicalNot: (x) => Number(x === 0),
};

/** To the nearest whole number, a tie to the even one. */
function roundHalfEven(x: number): number {
  const below = Math.floor(x);
  if (x - below !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}

/** `1 / (1 + exp(-x))`, without overflow. */
function sigmoid(x: number): number {
  const e = Math.exp(-Math.abs(x));
  return x < 0 ? e / (1 + e) : 1 / (1 + e);
}

/** A kernel that maps every number of `x`. */
function mapping(unary: Unary, type?: HostType): HostKernel {
  return ({ inputs, attrs, allocate }) => {
    const x = inputs["x"]!;
    const y = allocate(x.shape, type ?? x.dtype);
    for (let i = 0; i < y.values.length; i++) {
      y.values[i] = unary(x.values[i]!, attrs);
    }
    return y;
  };
}

/** Converts; to bool everything but 0 is true, to int32 the fraction is cut off. */
const cast: HostKernel = ({ inputs, attrs, allocate }) => {
  const x = inputs["x"]!;
  const y = allocate(x.shape, attrs["dtype"] as HostType);
  for (let i = 0; i < y.values.length; i++) {
    const value = x.values[i]!;
    y.values[i] = y.dtype === "bool" ? Number(value !== 0) : value;
  }
  return y;
};

/** Kernels of one input, number by number. */
export const unaryKernels: HostKernels = {
  ...tabled(SAME),
  ...tabled(TESTS, "bool"),
  Cast: cast,
};

/** Kernels of a table of functions. */
function tabled(
  table: Readonly<Record<string, Unary>>,
  type?: HostType,
): HostKernels {
  return Object.fromEntries(
    Object.entries(table).map(([name, unary]) => [name, mapping(unary, type)]),
  );
}
