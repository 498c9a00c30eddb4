import { type Tensor, tf } from "#lib/engine/tensor.ts";
import { type Case, exactly, given } from "./case.ts";

/** TensorFlow.js's functions by name. */
const functions = tf as unknown as Record<string, (...x: unknown[]) => Tensor>;

/** Shape, axes, and whether the axes stay with size 1. */
type Reduced = readonly [number[], number[] | undefined, boolean];

/** Axes in every position. */
const REDUCED: readonly Reduced[] = [
  [[2, 3, 4], undefined, false],
  [[2, 3, 4], [2], false],
  [[2, 3, 4], [0, 2], true],
  [[2, 3, 4], [1], false],
  [[4], [0], true],
  [[3, 1], [-1], false],
];

/** Reductions of given shapes and axes. */
export function reductionCases(
  reduced: readonly Reduced[],
  gradient: "smooth" | "compared",
): Case[] {
  return ["sum", "mean", "max", "min", "logSumExp", "prod"].flatMap((name) =>
    reduced.map(([shape, axes, keep], i): Case => ({
      name: `${name} of [${shape}] over ${axes ?? "all"}${
        keep ? ", kept" : ""
      }`,
      inputs: [given(100 + i, shape)],
      gradient: name === "prod" ? "none" : gradient,
      run: (x) => tf.tidy(() => functions[name]!(x, axes, keep)),
    }))
  );
}

/** Rows, inner length and columns of a product. */
type Sizes = readonly [rows: number, inner: number, columns: number];

/** Products with each operand transposed or not, alone and in stacks. */
export function productCases(
  stacks: readonly number[][],
  [rows, inner, columns]: Sizes,
  gradient: "smooth" | "compared",
): Case[] {
  return [false, true].flatMap((flipA) =>
    [false, true].flatMap((flipB) =>
      stacks.map((stack): Case => ({
        name:
          `matMul ${rows} x ${inner} x ${columns}, ${flipA}, ${flipB}, stack [${stack}]`,
        inputs: [
          given(120, [...stack, ...(flipA ? [inner, rows] : [rows, inner])]),
          given(121, [
            ...stack,
            ...(flipB ? [columns, inner] : [inner, columns]),
          ]),
        ],
        gradient,
        run: (a, b) => tf.matMul(a!, b!, flipA, flipB),
      }))
    )
  );
}

/** What moves numbers without changing them. */
const moves: Record<string, (x: Tensor) => Tensor | Tensor[]> = {
  "transpose of three axes": (x) => tf.transpose(x, [2, 0, 1]),
  "transpose of the last two": (x) => tf.transpose(x, [0, 2, 1]),
  "slice inside": (x) => tf.slice(x, [0, 1, 1], [2, 2, 2]),
  "slice to the end": (x) => tf.slice(x, [1], [-1]),
  "concat": (x) => tf.concat([x, x], 1),
  "stack": (x) => tf.stack([x, x], 1),
  "unstack": (x) => tf.unstack(x, 1),
  "split evenly": (x) => tf.split(x, 2, 2),
  "split by sizes": (x) => tf.split(x, [1, 2], 1),
  "tile": (x) => tf.tile(x, [2, 1, 3]),
  "broadcastTo": (x) => tf.tidy(() => tf.broadcastTo(x, [3, 2, 3, 4])),
  "reverse": (x) => tf.reverse(x, [0, 2]),
  "pad": (x) => tf.pad(x, [[1, 0], [0, 2], [1, 1]], 7),
  "reshape": (x) => tf.reshape(x, [4, -1]),
  "expandDims": (x) => tf.expandDims(x, 1),
  "clone": (x) => tf.clone(x),
  "cumsum from the end, exclusive": (x) => tf.cumsum(x, 2, true, true),
  "softmax": (x) => tf.softmax(x),
  "logSoftmax": (x) => tf.logSoftmax(x),
};

/** Row numbers as a tensor. */
const rows = (numbers: number[]) => tf.tensor1d(numbers, "int32");

/** What goes by index. */
const indexed: Record<string, (x: Tensor) => Tensor | Tensor[]> = {
  "gather rows": (x) => tf.gather(x, rows([1, 0, 1])),
  "gather along the last axis": (x) => tf.gather(x, rows([3, 3, 0]), 2),
  "unsortedSegmentSum": (x) =>
    tf.unsortedSegmentSum(tf.reshape(x, [6, 4]), rows([2, 0, 2, 2, 0, 1]), 4),
  "gather with a batch axis": (x) =>
    tf.gather(x, tf.tensor2d([[2, 0], [1, 1]], [2, 2], "int32"), 1, 1),
};

/** What goes by index and has no gradient. */
const indexedOnly: Record<string, (x: Tensor) => Tensor | Tensor[]> = {
  "argMax": (x) => tf.cast(tf.argMax(x, 2), "float32"),
  "argMin": (x) => tf.cast(tf.argMin(x, 1), "float32"),
  // TensorFlow.js's gradient of cumsum is right for the last axis only.
  "cumsum along an inner axis": (x) => tf.cumsum(x, 1),
  "topk": (x) => {
    const { values, indices } = tf.topk(x, 3);
    return [values, tf.cast(indices, "float32")];
  },
  "gatherND": (x) =>
    tf.gatherND(x, tf.tensor2d([[0, 2], [1, 1]], [2, 2], "int32")),
  "scatterND": (x) =>
    tf.scatterND(
      tf.tensor2d([[3], [1]], [2, 1], "int32"),
      x,
      [5, 3, 4],
    ),
  "all and any": (x) => {
    const high = tf.greater(x, tf.scalar(-1.5));
    return [
      tf.cast(tf.all(high, 2), "float32"),
      tf.cast(tf.any(high), "float32"),
    ];
  },
  "oneHot": () => tf.cast(tf.oneHot(rows([2, 0, 3]), 4), "float32"),
  "fill": () => tf.fill([2, 3], 0.5),
  "range": () => tf.cast(tf.range(1, 8, 2, "int32"), "float32"),
  "linspace": () => tf.linspace(0, 1, 5),
};

/** Cases on one array of three axes. */
function onOne(
  table: Record<string, (x: Tensor) => Tensor | Tensor[]>,
  gradient: "smooth" | "none",
): Case[] {
  return Object.entries(table).map(([name, run]) => ({
    name,
    inputs: [given(140, [2, 3, 4])],
    gradient,
    run: (x) => tf.tidy(() => run(x!)),
  }));
}

/** Everything that reduces, multiplies, moves or looks up. */
export const arrayCases: readonly Case[] = [
  ...reductionCases(REDUCED, "smooth"),
  ...productCases([[], [2], [2, 3]], [3, 4, 5], "smooth"),
  ...onOne(moves, "smooth"),
  ...onOne(indexed, "smooth"),
  ...onOne(indexedOnly, "none"),
  {
    name: "max of ties",
    inputs: [exactly([1, 3, 3, 2, 2, 2], [2, 3])],
    gradient: "compared",
    run: (x) => tf.max(x!, 1),
  },
  {
    name: "argMax of ties takes the first",
    inputs: [exactly([1, 3, 3, 2, 2, 2], [2, 3])],
    gradient: "none",
    run: (x) => tf.tidy(() => tf.cast(tf.argMax(x!, 1), "float32")),
  },
  {
    name: "topk of ties takes the first",
    inputs: [exactly([1, 3, 3, 2, 2, 2], [2, 3])],
    gradient: "none",
    run: (x) => tf.tidy(() => tf.cast(tf.topk(x!, 2).indices, "float32")),
  },
];
