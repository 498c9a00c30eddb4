import type { Parameters, Tensor } from "../engine/tensor.ts";

/** An optimiser's memory: named tensors and plain numbers, ready to be saved. */
export interface OptimizerState {
  /** Steps taken. */
  readonly step: number;
  /** Tensors by `slot/parameter`, for example `first/head.weight`. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Plain numbers by name, for example `weightSum`. */
  readonly numbers: Readonly<Record<string, number>>;
}

/** What one step returns; the inputs of the step are dead afterwards. */
export interface OptimizerStep {
  /** Where the next gradient is taken. */
  readonly parameters: Parameters;
  /** The new state. */
  readonly state: OptimizerState;
}

/**
 * A rule from gradients to new parameters.
 *
 * `step` consumes its arguments: parameters, gradients and state are dead
 * afterwards, so that an engine may update in place. `readout` is what is
 * evaluated, saved and averaged; nobody outside `optim` asks which rule it is.
 */
export interface Optimizer {
  /** Its name in settings files. */
  readonly name: string;
  /**
   * The state before the first step.
   *
   * @param parameters The initial parameters; they stay alive.
   */
  init(parameters: Parameters): OptimizerState;
  /**
   * Takes one step.
   *
   * @param parameters Where the gradient was taken; consumed.
   * @param gradients One gradient a parameter; consumed.
   * @param state Consumed.
   */
  step(
    parameters: Parameters,
    gradients: Parameters,
    state: OptimizerState,
  ): OptimizerStep;
  /**
   * The parameters to evaluate, save and average, as new tensors.
   *
   * @param parameters As `step` returned them; they stay alive.
   * @param state As `step` returned it; it stays alive.
   * @returns New tensors; the caller disposes them.
   */
  readout(parameters: Parameters, state: OptimizerState): Parameters;
  /**
   * The learning rate that the given step uses, for logs and plots.
   *
   * @param step Counted from 0.
   */
  learningRate(step: number): number;
}
