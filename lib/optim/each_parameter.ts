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
 * As {@linkcode eachGroup}, with every parameter by itself.
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
  return eachGroup(inputs, {
    slots,
    groupOf: (name) => name,
    rule: (name, [only]) => [rule(name, only!)],
  });
}

/** How {@linkcode eachGroup} moves parameters. */
export interface GroupRule<Group> {
  /** Names of the tensors that each parameter has in the state. */
  readonly slots: readonly string[];
  /** The group that a parameter belongs to, by its name. */
  readonly groupOf: (name: string) => Group;
  /** New parameters and memory of a group, in their order; it disposes what it is given. */
  readonly rule: (
    group: Group,
    members: readonly ParameterInputs[],
  ) => readonly ParameterOutputs[];
}

/**
 * Applies one rule to parameters that move alike, all of them at once.
 *
 * All sets are checked before the first is consumed, so that a refused step
 * leaves everything alive.
 *
 * @param inputs Parameters, gradients and state; consumed.
 * @param how Slots, groups and the rule.
 * @returns The new tensors, in the order of the parameters.
 * @throws {ShapeError} If a gradient or a slot is missing or has another shape.
 */
export function eachGroup<Group>(
  inputs: StepInputs,
  { slots, groupOf, rule }: GroupRule<Group>,
): SteppedTensors {
  const { parameters, gradients, state } = inputs;
  checkInputs(inputs, slots);
  const stepped: Record<string, ParameterOutputs> = {};
  const names = Object.keys(parameters);
  for (const [group, members] of Map.groupBy(names, groupOf)) {
    const given = members.map((name) => ({
      parameter: parameters[name]!,
      gradient: gradients[name]!,
      memory: Object.fromEntries(
        slots.map((slot) => [slot, state.tensors[`${slot}/${name}`]!]),
      ),
    }));
    rule(group, given).forEach((one, i) => stepped[members[i]!] = one);
  }
  const tensors = names.flatMap((name) =>
    slots.map((slot) =>
      [`${slot}/${name}`, stepped[name]!.memory[slot]!] as const
    )
  );
  return {
    parameters: Object.fromEntries(
      names.map((name) => [name, stepped[name]!.parameter]),
    ),
    tensors: Object.fromEntries(tensors),
  };
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
