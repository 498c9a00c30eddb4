import { type Parameters, read, tensorOf } from "#lib/engine/tensor.ts";
import type { Optimizer, OptimizerState } from "#lib/optim/optimizer.ts";
import problem from "../fixtures/optim/problem.json" with { type: "json" };

/** Plain numbers of named parameters. */
export type Values = Readonly<Record<string, readonly number[]>>;

/** Parameters after one of the kept steps. */
export interface Row {
  readonly step: number;
  readonly parameters: Values;
  readonly readout?: Values;
  readonly gradientNorm?: number;
}

/** Steps that the fixtures took. */
export const STEPS = problem.targets.length;

/** Tensors of named numbers, in the fixture problem's shapes. */
export function tensorsOf(values: Values): Parameters {
  return Object.fromEntries(
    Object.entries(values).map(([name, numbers]) => [
      name,
      tensorOf(numbers, problem.shapes[name as keyof typeof problem.shapes]),
    ]),
  );
}

/** Numbers of named tensors. */
export function valuesOf(parameters: Parameters): Values {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, x]) => [name, [...read(x)]]),
  );
}

/** sin(p) + p - target, the fixture problem's gradient. */
function gradientsAt(parameters: Parameters, step: number): Parameters {
  const targets: Values = problem.targets[step]!;
  return tensorsOf(
    Object.fromEntries(
      Object.entries(parameters).map(([name, x]) => [
        name,
        [...read(x)].map((p, i) => Math.sin(p) + p - targets[name]![i]!),
      ]),
    ),
  );
}

/** Runs the fixture problem and returns the rows at the wanted steps. */
export function trajectory(
  optimizer: Optimizer,
  wanted: readonly number[],
): Row[] {
  let parameters = tensorsOf(problem.start);
  let state: OptimizerState = optimizer.init(parameters);
  const rows: Row[] = [];
  for (let step = 0; step < STEPS; step++) {
    const gradients = gradientsAt(parameters, step);
    ({ parameters, state } = optimizer.step(parameters, gradients, state));
    if (!wanted.includes(step + 1)) continue;
    rows.push({
      step: step + 1,
      parameters: valuesOf(parameters),
      readout: valuesOf(optimizer.readout(parameters, state)),
      ...("gradientNorm" in state.numbers &&
        { gradientNorm: state.numbers["gradientNorm"]! }),
    });
  }
  return rows;
}

/** Largest difference between two sets of numbers of the same names. */
export function distance(a: Values, b: Values): number {
  return Math.max(
    ...Object.entries(b).flatMap(([name, numbers]) => {
      const others = a[name] ?? [];
      if (others.length !== numbers.length) return [Infinity];
      return numbers.map((x, i) => Math.abs(x - others[i]!));
    }),
  );
}
