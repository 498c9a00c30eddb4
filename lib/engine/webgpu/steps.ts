/**
 * Steps of optimisers in WGSL: one pass for each tensor that is made, where plain
 * operations take some five.
 *
 * @module
 */
import type { AdamOptions } from "../ops/adam_step.ts";
import type { ScheduleFreeOptions } from "../ops/schedule_free_step.ts";
import { sizeOf } from "../reference/shape_walk.ts";
import type { tf } from "../tensor.ts";
import { type Program, runProgram } from "./program.ts";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";

/** What a step does to every number `i`, told some numbers. */
interface Formula {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly numbers: readonly string[];
  readonly value: string;
}

/** A running mean, `old share + new (1 - share)`; the second share is made in 64 bits. */
const MEAN: Formula = {
  name: "Mean",
  inputs: ["old", "gradient"],
  numbers: ["share", "rest"],
  value: "uniforms.share * old[i] + uniforms.rest * gradient[i]",
};

/** The same of squares. */
const MEAN_SQUARE: Formula = {
  ...MEAN,
  name: "MeanSquare",
  value: "uniforms.share * old[i] + uniforms.rest * gradient[i] * gradient[i]",
};

/** What a gradient is divided by. */
const ROOT = "(sqrt(second[i] / uniforms.correction) + uniforms.epsilon)";

/** Where a parameter goes. */
const ADAM: Formula = {
  name: "Adam",
  inputs: ["parameter", "first", "second"],
  numbers: ["kept", "rate", "correction", "epsilon"],
  value: `uniforms.kept * parameter[i] - uniforms.rate * first[i] / ${ROOT}`,
};

/** Both sequences move along this. */
const FREE_DIRECTION = `(gradient[i] / ${ROOT} + uniforms.decay * y[i])`;

/** Where `y` goes, with the old `z`. */
const FREE_Y: Formula = {
  name: "FreeY",
  inputs: ["y", "gradient", "z", "second"],
  numbers: ["correction", "epsilon", "decay", "kept", "mix", "share"],
  value:
    `uniforms.kept * y[i] + uniforms.mix * z[i] + uniforms.share * ${FREE_DIRECTION}`,
};

/** Where `z` goes. */
const FREE_Z: Formula = {
  name: "FreeZ",
  inputs: FREE_Y.inputs,
  numbers: ["correction", "epsilon", "decay", "rate"],
  value: `z[i] - uniforms.rate * ${FREE_DIRECTION}`,
};

/** A multiple. */
const SCALE: Formula = {
  name: "Scale",
  inputs: ["x"],
  numbers: ["factor"],
  value: "uniforms.factor * x[i]",
};

/** The program of a formula. */
function programOf({ name, inputs, numbers, value }: Formula): Program {
  return {
    key: `lab${name}`,
    inputs,
    uniforms: numbers.map((number) => `${number} : f32,`).join(" "),
    code: `
fn main(i : i32) {
  if (i >= i32(arrayLength(&result))) { return; }
  result[i] = ${value};
}`,
  };
}

/** Computes a formula on tensors of one shape. */
function computed(
  backend: WebGPUBackend,
  formula: Formula,
  [tensors, numbers]: readonly [
    Readonly<Record<string, tf.TensorInfo>>,
    Readonly<Record<string, number>>,
  ],
): tf.TensorInfo {
  const inputs = formula.inputs.map((name) => tensors[name]!);
  const { shape } = inputs[0]!;
  return runProgram(backend, programOf(formula), {
    inputs,
    output: { shape, dtype: "float32" },
    threads: sizeOf(shape),
    numbers: formula.numbers.map((name) => numbers[name]!),
    kind: "float32",
  });
}

/** `LabAdamW`: `[parameter, first, second]`, new tensors. */
const adamW: tf.KernelFunc = ({ inputs, attrs, backend: given }) => {
  const backend = given as WebGPUBackend;
  const { parameter, gradient, ...old } = inputs as Record<
    "parameter" | "gradient" | "first" | "second",
    tf.TensorInfo
  >;
  const options = attrs as unknown as AdamOptions;
  const { learningRate, beta1, beta2, epsilon } = options;
  const first = computed(backend, MEAN, [
    { old: old.first, gradient },
    { share: beta1, rest: 1 - beta1 },
  ]);
  const second = computed(backend, MEAN_SQUARE, [
    { old: old.second, gradient },
    { share: beta2, rest: 1 - beta2 },
  ]);
  const moved = computed(backend, ADAM, [{ parameter, first, second }, {
    kept: 1 - learningRate * options.weightDecay,
    rate: learningRate / options.correction1,
    correction: options.correction2,
    epsilon,
  }]);
  return [moved, first, second];
};

/** `LabScheduleFreeAdamW`: `[y, z, second]`, new tensors. */
const scheduleFreeAdamW: tf.KernelFunc = (
  { inputs, attrs, backend: given },
) => {
  const backend = given as WebGPUBackend;
  const { y, z, gradient, ...old } = inputs as Record<
    "y" | "z" | "gradient" | "second",
    tf.TensorInfo
  >;
  const options = attrs as unknown as ScheduleFreeOptions;
  const { learningRate, beta1, beta2, epsilon, mix } = options;
  const second = computed(backend, MEAN_SQUARE, [
    { old: old.second, gradient },
    { share: beta2, rest: 1 - beta2 },
  ]);
  const numbers = {
    correction: options.correction2,
    epsilon,
    decay: options.weightDecay,
    kept: 1 - mix,
    mix,
    share: learningRate * (beta1 * (1 - mix) - 1),
    rate: learningRate,
  };
  const tensors = { y, z, gradient, second };
  return [FREE_Y, FREE_Z].map((formula) =>
    computed(backend, formula, [tensors, numbers])
  ).concat(second);
};

/** `LabScale`: a multiple, a new tensor. */
const scale: tf.KernelFunc = ({ inputs, attrs, backend }) => {
  const { factor } = attrs as unknown as { readonly factor: number };
  const { x } = inputs as { readonly x: tf.TensorInfo };
  return computed(backend as WebGPUBackend, SCALE, [{ x }, { factor }]);
};

/** Steps of optimisers, by name. */
export const stepKernels: Readonly<Record<string, tf.KernelFunc>> = {
  LabAdamW: adamW,
  LabScale: scale,
  LabScheduleFreeAdamW: scheduleFreeAdamW,
};
