import { assertLess } from "@std/assert";
import {
  read,
  type Tensor,
  tensorOf,
  valueAndGradients,
} from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";

/** A loss of scores alone. */
export type ScoresLoss = (scores: Tensor) => Tensor;

/** One case of a fixture, as far as all losses share it. */
export interface LossCase {
  readonly name: string;
  readonly scores: readonly (readonly number[])[];
  readonly value: number;
  readonly gradient: readonly number[];
}

/** A matrix of rows. */
export function matrix(rows: readonly (readonly number[])[]): Tensor {
  return tensorOf(rows.flat(), [rows.length, rows[0]!.length]);
}

/** A loss's value and its gradient by the scores. */
export function evaluate(
  loss: ScoresLoss,
  rows: readonly (readonly number[])[],
): { readonly value: number; readonly gradient: readonly number[] } {
  const { value, gradients } = valueAndGradients(
    ({ scores }) => loss(scores!),
    { scores: matrix(rows) },
  );
  return { value: read(value)[0]!, gradient: [...read(gradients["scores"]!)] };
}

/** Declares one test a case: value and gradient of a fixture, in 64 bits. */
export function testCases<Case extends LossCase>(
  name: string,
  cases: readonly Case[],
  lossOf: (entry: Case) => ScoresLoss,
): void {
  for (const entry of cases) {
    Deno.test(`${name}() equals torch, value and gradient, when ${entry.name}`, async () => {
      await useEngine("reference");
      const { value, gradient } = evaluate(lossOf(entry), entry.scores);
      assertLess(Math.abs(value - entry.value), 1e-10);
      entry.gradient.forEach((expected, i) => {
        assertLess(Math.abs(gradient[i]! - expected), 1e-10);
      });
    });
  }
}
