import type { AdamOptions } from "../ops/adam_step.ts";
import type { ScheduleFreeOptions } from "../ops/schedule_free_step.ts";
import type { HostArray, HostKernel, HostKernels } from "./host_kernel.ts";

/** `LabAdamW`: `[parameter, first, second]`, new arrays. */
const adamW: HostKernel = ({ inputs, attrs, allocate }) => {
  const options = attrs as unknown as AdamOptions;
  const { learningRate, beta1, beta2, epsilon, weightDecay } = options;
  const [parameter, gradient, first, second] = [
    inputs["parameter"]!,
    inputs["gradient"]!,
    inputs["first"]!,
    inputs["second"]!,
  ];
  const made = [parameter, first, second].map(({ shape }) =>
    allocate(shape, "float32")
  ) as [HostArray, HostArray, HostArray];
  for (let i = 0; i < parameter.values.length; i++) {
    const g = gradient.values[i]!;
    const mean = beta1 * first.values[i]! + (1 - beta1) * g;
    const square = beta2 * second.values[i]! + (1 - beta2) * g * g;
    const root = Math.sqrt(square / options.correction2) + epsilon;
    made[0].values[i] =
      parameter.values[i]! * (1 - learningRate * weightDecay) -
      learningRate * mean / options.correction1 / root;
    made[1].values[i] = mean;
    made[2].values[i] = square;
  }
  return made;
};

/** `LabScheduleFreeAdamW`: `[y, z, second]`, new arrays. */
const scheduleFreeAdamW: HostKernel = ({ inputs, attrs, allocate }) => {
  const options = attrs as unknown as ScheduleFreeOptions;
  const { learningRate, beta1, beta2, epsilon, weightDecay, mix } = options;
  const [y, gradient, z, second] = [
    inputs["y"]!,
    inputs["gradient"]!,
    inputs["z"]!,
    inputs["second"]!,
  ];
  const made = [y, z, second].map(({ shape }) =>
    allocate(shape, "float32")
  ) as [HostArray, HostArray, HostArray];
  for (let i = 0; i < y.values.length; i++) {
    const g = gradient.values[i]!;
    const square = beta2 * second.values[i]! + (1 - beta2) * g * g;
    const root = Math.sqrt(square / options.correction2) + epsilon;
    const step = g / root + weightDecay * y.values[i]!;
    made[0].values[i] = (1 - mix) * y.values[i]! + mix * z.values[i]! +
      learningRate * (beta1 * (1 - mix) - 1) * step;
    made[1].values[i] = z.values[i]! - learningRate * step;
    made[2].values[i] = square;
  }
  return made;
};

/** `LabSumOfSquares`: a scalar. */
const sumOfSquares: HostKernel = ({ inputs, allocate }) => {
  const sum = allocate([], "float32");
  let total = 0;
  for (const value of inputs["x"]!.values) total += value * value;
  sum.values[0] = total;
  return sum;
};

/** `LabScale`: a multiple, a new array. */
const scale: HostKernel = ({ inputs, attrs, allocate }) => {
  const x = inputs["x"]!;
  const y = allocate(x.shape, "float32");
  const factor = attrs["factor"] as number;
  for (let i = 0; i < y.values.length; i++) y.values[i] = x.values[i]! * factor;
  return y;
};

/** What an optimisation step does to each parameter. */
export const stepKernels: HostKernels = {
  LabAdamW: adamW,
  LabScale: scale,
  LabScheduleFreeAdamW: scheduleFreeAdamW,
  LabSumOfSquares: sumOfSquares,
};
