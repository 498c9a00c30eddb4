/**
 * Steps of optimisers by TensorFlow's own updates, in place where nobody else has the
 * numbers.
 *
 * @module
 */
import type { AdamOptions } from "../../ops/adam_step.ts";
import type { ScheduleFreeOptions } from "../../ops/schedule_free_step.ts";
import type { Kernel, KernelCall } from "../kernel.ts";
import type { Handle } from "../operators.ts";
import { type Variable, variablesOf } from "../variables.ts";

/** Three variables, one for each sequence of a step. */
function three({ flow }: KernelCall): [Variable, Variable, Variable] {
  return variablesOf(flow, 3) as [Variable, Variable, Variable];
}

/** Fills a variable with numbers that nobody needs any more. */
function fill({ flow }: KernelCall, variable: Variable, numbers: Handle): void {
  variable.fill(numbers);
  flow.free(numbers);
}

/** `x - factor y`, on a variable. */
function subtract(
  { flow }: KernelCall,
  { resource }: Variable,
  [y, factor]: readonly [Handle, number],
): void {
  const operands = [resource, flow.scalar(factor), y];
  flow.callMany("ResourceApplyGradientDescent", operands, {}, 0);
}

/**
 * The running mean of squares, `second - (1 - beta2) (second - g^2)`, left in a
 * variable. TensorFlow's update of Adam would take `1 - beta2` in 32 bits, off by 1e-5
 * for .999; here it is taken in 64.
 */
function blendSquares(
  call: KernelCall,
  variable: Variable,
  [second, gradient, beta2]: readonly [Handle, Handle, number],
): void {
  const { flow } = call;
  const square = flow.call("Square", [gradient]);
  const apart = flow.call("Sub", [second, square]);
  flow.free(square);
  fill(call, variable, second);
  subtract(call, variable, [apart, 1 - beta2]);
  flow.free(apart);
}

/**
 * `LabAdamW`: `[parameter, first, second]`. TensorFlow's update
 *
 *     first = first + (g - first) (1 - beta1)
 *     parameter = parameter - rate first / (sqrt(second) + epsilon)
 *
 * is ours with `rate = lr sqrt(c2) / c1` and an epsilon `sqrt(c2)` times as large, for
 * `c1`, `c2` the corrections. Its own correction, by powers of the betas in 32 bits, is
 * put out of work by powers of 0, and its blend of squares by a beta of 1.
 */
export const adamW: Kernel = (call) => {
  const { inputs, attrs, backend, flow } = call;
  const options = attrs as AdamOptions;
  const { learningRate, weightDecay, beta1, beta2, correction1 } = options;
  const names = ["parameter", "first", "second"] as const;
  const [parameter, first, second] = names.map((name) =>
    backend.spent(inputs[name]!)
  ) as [Handle, Handle, Handle];
  const gradient = backend.handle(inputs.gradient!);
  const variables = three(call);
  const share = flow.scalar(1 - learningRate * weightDecay);
  fill(call, variables[0], flow.call("Mul", [parameter, share]));
  fill(call, variables[1], first);
  blendSquares(call, variables[2], [second, gradient, beta2]);
  const root = Math.sqrt(options.correction2);
  const rate = learningRate * root / correction1;
  const numbers = [0, 0, rate, beta1, 1, options.epsilon * root];
  flow.callMany(
    "ResourceApplyAdam",
    [
      ...variables.map(({ resource }) => resource),
      ...numbers.map(flow.scalar),
      gradient,
    ],
    {},
    0,
  );
  return variables.map((variable, i) =>
    backend.adopt(variable.empty(), inputs[names[i]!]!.shape)
  );
};

/** `LabScheduleFreeAdamW`: `[y, z, second]`. */
export const scheduleFreeAdamW: Kernel = (call) => {
  const { inputs, attrs, backend, flow } = call;
  const options = attrs as ScheduleFreeOptions;
  const { learningRate, beta1, beta2, mix } = options;
  const names = ["y", "z", "second"] as const;
  const [y, z, second] = names.map((name) => backend.spent(inputs[name]!)) as [
    Handle,
    Handle,
    Handle,
  ];
  const gradient = backend.handle(inputs.gradient!);
  const [one, two, squares] = three(call);
  blendSquares(call, squares, [second, gradient, beta2]);
  const moved = squares.empty();
  const root = Math.sqrt(options.correction2);
  const below = flow.call("AddV2", [
    flow.call("Sqrt", [moved]),
    flow.scalar(options.epsilon * root),
  ]);
  const direction = flow.call("RealDiv", [gradient, below]);
  const apart = flow.call("Sub", [y, z]);
  fill(call, one, flow.call("Mul", [y, flow.scalar(options.weightDecay)]));
  subtract(call, one, [direction, -root]);
  const u = one.empty();
  fill(call, one, y);
  subtract(call, one, [apart, mix]);
  subtract(call, one, [u, learningRate * (1 - beta1 * (1 - mix))]);
  fill(call, two, z);
  subtract(call, two, [u, learningRate]);
  const { shape } = inputs.y!;
  return [one.empty(), two.empty(), moved].map((handle) =>
    backend.adopt(handle, shape)
  );
};

/** `LabScale`: a multiple. */
export const scale: Kernel = ({ inputs, attrs, backend, flow }) => {
  const x = inputs.x!;
  const operands = [backend.handle(x), flow.scalar(attrs.factor)];
  return [backend.adopt(flow.call("Mul", operands), x.shape)];
};
