import type { Parameters, Tensor } from "../engine/tensor.ts";
import { ShapeError } from "../num/shape_error.ts";
import type { OptimizerState, OptimizerStep } from "./optimizer.ts";

/** What a step is given; all of it is consumed. */
export interface StepInputs {
  /** Where the gradient was taken. */
  readonly parameters: Parameters;
  /** One gradient a parameter. */
  readonly gradients: Parameters;
  /** The optimiser's memory. */
  readonly state: OptimizerState;
}

/** What one parameter's rule is given; all of it is consumed. */
export interface ParameterInputs {
  /** The parameter. */
  readonly parameter: Tensor;
  /** Its gradient. */
  readonly gradient: Tensor;
  /** Its memory, one tensor a slot. */
  readonly memory: Readonly<Record<string, Tensor>>;
}

/** What one parameter's rule returns. */
export interface ParameterOutputs {
  /** The new parameter. */
  readonly parameter: Tensor;
  /** The new memory, the same slots. */
  readonly memory: Readonly<Record<string, Tensor>>;
}

/** Parameters and the tensors of a state, after a step. */
export interface SteppedTensors {
  /** The new parameters. */
  readonly parameters: Parameters;
  /** The new tensors by `slot/parameter`. */
  readonly tensors: Parameters;
}

/**
 * Applies one rule to every parameter with its gradient and memory.
 *
 * All sets are checked before the first is consumed, so that a refused step
 * leaves everything alive.
 *
 * @param inputs Parameters, gradients and state; consumed.
 * @param slots Names of the tensors that each parameter has in the state.
 * @param rule New parameter and memory; it disposes what it is given.
 * @returns The new tensors.
 * @throws {ShapeError} If a gradient or a slot is missing or has another shape.
 */
export function eachParameter(
  inputs: StepInputs,
  slots: readonly string[],
  rule: (name: string, inputs: ParameterInputs) => ParameterOutputs,
): SteppedTensors {
  const { parameters, gradients, state } = inputs;
  checkInputs(inputs, slots);
  const next: Record<string, Tensor> = {};
  const tensors: Record<string, Tensor> = {};
  for (const [name, parameter] of Object.entries(parameters)) {
    const memory = Object.fromEntries(
      slots.map((slot) => [slot, state.tensors[`${slot}/${name}`]!]),
    );
    const gradient = gradients[name]!;
    const stepped = rule(name, { parameter, gradient, memory });
    next[name] = stepped.parameter;
    for (const slot of slots) {
      tensors[`${slot}/${name}`] = stepped.memory[slot]!;
    }
  }
  return { parameters: next, tensors };
}

/**
 * Puts together what a step returns.
 *
 * @param stepped The new tensors.
 * @param step The number of the step just taken, counted from 0.
 * @param numbers Plain numbers of the new state. Default: none.
 * @returns Parameters and state.
 */
export function nextStep(
  stepped: SteppedTensors,
  step: number,
  numbers: Readonly<Record<string, number>> = {},
): OptimizerStep {
  const { parameters, tensors } = stepped;
  return { parameters, state: { step: step + 1, tensors, numbers } };
}

/** Refuses gradients and memory that are not of these parameters. */
function checkInputs(inputs: StepInputs, slots: readonly string[]): void {
  const { parameters, gradients, state } = inputs;
  const stray = Object.keys(gradients).find((name) => !(name in parameters));
  if (stray !== undefined) {
    throw new ShapeError(
      "take a step",
      "gradients of the parameters only",
      `a gradient of ${stray}`,
    );
  }
  for (const [name, parameter] of Object.entries(parameters)) {
    checkLike(parameter, gradients[name], `a gradient of ${name}`);
    for (const slot of slots) {
      checkLike(parameter, state.tensors[`${slot}/${name}`], `${slot}/${name}`);
    }
  }
}

/** Refuses a tensor that is missing or of another shape than its parameter. */
function checkLike(
  parameter: Tensor,
  other: Tensor | undefined,
  what: string,
): void {
  if (!other || `${other.shape}` !== `${parameter.shape}`) {
    throw new ShapeError(
      "take a step",
      `${what} of shape [${parameter.shape}]`,
      other ? `[${other.shape}]` : "none",
    );
  }
}
