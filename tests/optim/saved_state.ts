import { type Parameters, read, tensorOf } from "#lib/engine/tensor.ts";
import type { OptimizerState, OptimizerStep } from "#lib/optim/optimizer.ts";

/** Tensors of the same names and shapes, all of one value. */
export function tensorsLike(parameters: Parameters, value: number): Parameters {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, x]) => [
      name,
      tensorOf(new Float64Array(x.size).fill(value), x.shape),
    ]),
  );
}

/** Parameters and state as text, the way a checkpoint would keep them. */
export function saved(
  run: OptimizerStep,
): string {
  const plain = (set: Parameters) =>
    Object.fromEntries(
      Object.entries(set).map(([name, x]) => [name, [x.shape, [...read(x)]]]),
    );
  const { step, tensors, numbers } = run.state;
  return JSON.stringify({
    parameters: plain(run.parameters),
    state: { step, tensors: plain(tensors), numbers },
  });
}

/** Parameters and state from text. */
export function reloaded(
  run: OptimizerStep,
) {
  const { parameters, state } = JSON.parse(saved(run));
  const tensors = (set: Record<string, [number[], number[]]>): Parameters =>
    Object.fromEntries(
      Object.entries(set).map(([name, [shape, values]]) => [
        name,
        tensorOf(values, shape),
      ]),
    );
  return {
    parameters: tensors(parameters),
    state: { ...state, tensors: tensors(state.tensors) } as OptimizerState,
  };
}
