import { type Tensor, tf } from "#lib/engine/tensor.ts";
import {
  awayFromKinks,
  type Case,
  exactly,
  type Given,
  given,
} from "./case.ts";

/** TensorFlow.js's functions by name. */
const functions = tf as unknown as Record<string, (...x: unknown[]) => Tensor>;

/** Functions of one number, and where they are tried. */
const UNARY: Readonly<Record<string, Given>> = {
  abs: awayFromKinks(1, [2, 3]),
  ceil: awayFromKinks(2, [7]),
  cos: given(3, [7]),
  erf: given(4, [2, 4]),
  exp: given(5, [7]),
  expm1: given(6, [7]),
  floor: awayFromKinks(7, [7]),
  leakyRelu: awayFromKinks(8, [7]),
  log: given(9, [7], { low: 0.1 }),
  log1p: given(10, [7], { low: -0.5 }),
  neg: given(11, []),
  reciprocal: given(12, [7], { low: 0.2 }),
  relu: awayFromKinks(13, [3, 1, 2]),
  round: awayFromKinks(14, [7]),
  rsqrt: given(15, [7], { low: 0.2 }),
  sigmoid: given(16, [7], { low: -6, high: 6 }),
  sign: awayFromKinks(17, [7]),
  sin: given(18, [7]),
  softplus: given(19, [7], { low: -6, high: 6 }),
  sqrt: given(20, [7], { low: 0.2 }),
  square: given(21, [1, 5]),
  step: awayFromKinks(22, [7]),
  tanh: given(23, [7]),
  zerosLike: given(24, [3]),
  onesLike: given(25, [3]),
};

/** Shapes that broadcast in every way the lab uses. */
const SHAPES: readonly (readonly [number[], number[]])[] = [
  [[2, 3], [2, 3]],
  [[2, 3], [3]],
  [[2, 1, 3], [4, 1]],
  [[], [2, 2]],
  [[5], []],
];

/** Functions of two numbers; the second column says they are only tried above 0. */
const BINARY: readonly (readonly [string, "any" | "positive"])[] = [
  ["add", "any"],
  ["atan2", "any"],
  ["div", "positive"],
  ["maximum", "any"],
  ["minimum", "any"],
  ["mod", "positive"],
  ["mul", "any"],
  ["pow", "positive"],
  ["squaredDifference", "any"],
  ["sub", "any"],
];

/** Those whose gradient in TensorFlow.js does not know broadcasting. */
const RIGID = ["maximum", "minimum", "squaredDifference"];

/** Comparisons, tried on numbers with ties. */
const COMPARISONS = [
  "equal",
  "greater",
  "greaterEqual",
  "less",
  "lessEqual",
  "notEqual",
];

/** A comparison as 0 and 1. */
function compared(name: string): Case {
  const inputs = [exactly([1, 2, 3, 2, 1, -1], [2, 3]), exactly([2, 2, 1])];
  return {
    name,
    inputs,
    gradient: "none",
    run: (a, b) => tf.tidy(() => tf.cast(functions[name]!(a, b), "float32")),
  };
}

/** A function of flags, given as numbers. */
function flagged(name: string, f: (...flags: Tensor[]) => Tensor): Case {
  return {
    name,
    inputs: [exactly([0, 0, 1, 1]), exactly([0, 1, 0, 1])],
    gradient: "none",
    run: (...x) =>
      tf.tidy(() =>
        tf.cast(f(...x.map((one) => tf.cast(one, "bool"))), "float32")
      ),
  };
}

/** A test for special numbers. */
function special(name: string): Case {
  return {
    name,
    inputs: [exactly([1, NaN, Infinity, -Infinity, 0])],
    gradient: "none",
    run: (x) => tf.tidy(() => tf.cast(functions[name]!(x), "float32")),
  };
}

/** Everything that goes number by number. */
export const elementwiseCases: readonly Case[] = [
  ...Object.entries(UNARY).map(([name, input]): Case => ({
    name,
    inputs: [input],
    run: (x) => functions[name]!(x),
  })),
  ...BINARY.flatMap(([name, where]) =>
    SHAPES.map(([a, b], i): Case => ({
      name: `${name} of [${a}] and [${b}]`,
      inputs: [a, b].map((shape, side) =>
        given(30 + 2 * i + side, shape, { low: where === "any" ? -2 : 0.3 })
      ),
      gradient: RIGID.includes(name) && `${a}` !== `${b}` ? "none" : "smooth",
      run: (x, y) => functions[name]!(x, y),
    }))
  ),
  ...COMPARISONS.map(compared),
  ...["isNaN", "isInf", "isFinite"].map(special),
  flagged("logicalAnd", (a, b) => tf.logicalAnd(a!, b!)),
  flagged("logicalOr", (a, b) => tf.logicalOr(a!, b!)),
  flagged("logicalNot", (a) => tf.logicalNot(a!)),
  {
    name: "floorDiv",
    inputs: [awayFromKinks(60, [6])],
    gradient: "none",
    run: (x) => tf.tidy(() => tf.floorDiv(x!, tf.scalar(0.75))),
  },
  {
    name: "addN",
    inputs: [given(61, [2, 3]), given(62, [2, 3]), given(63, [2, 3])],
    run: (...x) => tf.addN(x),
  },
  {
    name: "clipByValue",
    inputs: [awayFromKinks(64, [9])],
    run: (x) => tf.clipByValue(x!, -1, 1),
  },
  {
    name: "cast to int32 and back",
    inputs: [exactly([-1.7, -0.2, 0.9, 2])],
    gradient: "none",
    run: (x) => tf.tidy(() => tf.cast(tf.cast(x!, "int32"), "float32")),
  },
  {
    name: "round of ties",
    inputs: [exactly([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5])],
    gradient: "none",
    run: (x) => tf.tidy(() => tf.add(tf.round(x!), 0)),
  },
  {
    name: "where with a flag for every number",
    inputs: [given(65, [2, 3]), given(66, [2, 3])],
    run: (a, b) =>
      tf.tidy(() =>
        tf.where(tf.tensor([1, 0, 0, 1, 1, 0], [2, 3], "bool"), a!, b!)
      ),
  },
  {
    name: "where with broadcast flags",
    inputs: [given(67, [2, 3])],
    run: (a) =>
      tf.tidy(() =>
        tf.where(tf.tensor([1, 0], [2, 1], "bool"), a!, tf.scalar(5))
      ),
  },
];
