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

/** Numbers of one shape; `seed` makes them differ from place to place. */
type Domain = (seed: number, shape: readonly number[]) => Given;

/** Above 0. */
const positive: Domain = (seed, shape) => given(seed, shape, { low: 0.2 });

/** Where a sigmoid saturates. */
const wide: Domain = (seed, shape) => given(seed, shape, { low: -6, high: 6 });

/** Functions of one number, and where they are tried. */
const UNARY: Readonly<Record<string, Domain>> = {
  abs: awayFromKinks,
  ceil: awayFromKinks,
  cos: given,
  erf: given,
  exp: given,
  expm1: given,
  floor: awayFromKinks,
  leakyRelu: awayFromKinks,
  log: positive,
  log1p: positive,
  neg: given,
  reciprocal: positive,
  relu: awayFromKinks,
  round: awayFromKinks,
  rsqrt: positive,
  sigmoid: wide,
  sign: awayFromKinks,
  sin: given,
  softplus: wide,
  sqrt: positive,
  square: given,
  step: awayFromKinks,
  tanh: given,
  zerosLike: given,
  onesLike: given,
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

/** Functions of one number on one shape. */
export function unaryCases(
  shape: readonly number[],
  gradient: "smooth" | "compared",
): Case[] {
  return Object.entries(UNARY).map(([name, domain], i) => ({
    name: `${name} of [${shape}]`,
    inputs: [domain(i, shape)],
    gradient,
    run: (x) => functions[name]!(x),
  }));
}

/** Functions of two numbers on pairs of shapes. */
export function binaryCases(
  shapes: readonly (readonly [number[], number[]])[],
  gradient: "smooth" | "compared",
): Case[] {
  return BINARY.flatMap(([name, where]) =>
    shapes.map(([a, b], i): Case => ({
      name: `${name} of [${a}] and [${b}]`,
      inputs: [a, b].map((shape, side) =>
        given(30 + 2 * i + side, shape, { low: where === "any" ? -2 : 0.3 })
      ),
      gradient: RIGID.includes(name) && `${a}` !== `${b}` ? "none" : gradient,
      run: (x, y) => functions[name]!(x, y),
    }))
  );
}

/** Everything that goes number by number. */
export const elementwiseCases: readonly Case[] = [
  ...unaryCases([2, 3, 2], "smooth"),
  ...unaryCases([], "smooth"),
  ...binaryCases(SHAPES, "smooth"),
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
