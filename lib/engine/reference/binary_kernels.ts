import type {
  HostArray,
  HostKernel,
  HostKernels,
  HostType,
} from "./host_kernel.ts";
import { broadcastShape, broadcastStrides, placesOf } from "./shape_walk.ts";

/** Two numbers to one. */
type Binary = (a: number, b: number) => number;

/** Results of the first input's type. */
const SAME: Readonly<Record<string, Binary>> = {
  Add: (a, b) => a + b,
  Atan2: Math.atan2,
  FloorDiv: (a, b) => Math.floor(a / b),
  Maximum: Math.max,
  Minimum: Math.min,
  Mod: (a, b) => {
    const rest = a % b;
    return rest !== 0 && (rest < 0) !== (b < 0) ? rest + b : rest;
  },
  Multiply: (a, b) => a * b,
  Pow: Math.pow,
  RealDiv: (a, b) => a / b,
  SquaredDifference: (a, b) => (a - b) * (a - b),
  Sub: (a, b) => a - b,
};

/** Results that are true or false. */
const TESTS: Readonly<Record<string, Binary>> = {
  Equal: (a, b) => Number(a === b),
  Greater: (a, b) => Number(a > b),
  GreaterEqual: (a, b) => Number(a >= b),
  Less: (a, b) => Number(a < b),
  LessEqual: (a, b) => Number(a <= b),
  LogicalAnd: (a, b) => Number(a !== 0 && b !== 0),
  LogicalOr: (a, b) => Number(a !== 0 || b !== 0),
  NotEqual: (a, b) => Number(a !== b),
};

/** Where each number of the result finds its operand; nothing where the places agree. */
function placesIn(
  operand: HostArray,
  shape: readonly number[],
): Int32Array | undefined {
  return `${operand.shape}` === `${shape}`
    ? undefined
    : placesOf(shape, broadcastStrides(operand.shape, shape));
}

/** A kernel that joins `a` and `b` number by number, with broadcasting. */
function joining(binary: Binary, type?: HostType): HostKernel {
  return ({ inputs, allocate }) => {
    const [a, b] = [inputs["a"]!, inputs["b"]!];
    const shape = broadcastShape(a.shape, b.shape);
    const y = allocate(shape, type ?? a.dtype);
    const [inA, inB] = [placesIn(a, shape), placesIn(b, shape)];
    for (let i = 0; i < y.values.length; i++) {
      y.values[i] = binary(
        a.values[inA ? inA[i]! : i]!,
        b.values[inB ? inB[i]! : i]!,
      );
    }
    return y;
  };
}

/** Adds any number of arrays of one shape. */
const addN: HostKernel = ({ inputs, allocate }) => {
  const terms = Object.values(inputs);
  const y = allocate(terms[0]!.shape, terms[0]!.dtype);
  for (let i = 0; i < y.values.length; i++) {
    let sum = 0;
    for (const term of terms) sum += term.values[i]!;
    y.values[i] = sum;
  }
  return y;
};

/** Takes `t` where the condition is true, else `e`; a condition of rank 1 chooses whole rows. */
const select: HostKernel = ({ inputs, allocate }) => {
  const { condition, t, e } = inputs as Record<string, HostArray>;
  const y = allocate(t!.shape, t!.dtype);
  const width = y.values.length / Math.max(condition!.values.length, 1);
  for (let i = 0; i < y.values.length; i++) {
    const chosen = condition!.values[Math.floor(i / width)] !== 0 ? t! : e!;
    y.values[i] = chosen.values[i]!;
  }
  return y;
};

/** Kernels of two or more inputs, number by number. */
export const binaryKernels: HostKernels = {
  ...tabled(SAME),
  ...tabled(TESTS, "bool"),
  AddN: addN,
  Select: select,
};

/** Kernels of a table of functions. */
function tabled(
  table: Readonly<Record<string, Binary>>,
  type?: HostType,
): HostKernels {
  return Object.fromEntries(
    Object.entries(table).map((
      [name, binary],
    ) => [name, joining(binary, type)]),
  );
}
