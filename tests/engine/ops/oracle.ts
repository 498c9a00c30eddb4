import fixture from "#tests/fixtures/engine/ops.json" with { type: "json" };
import {
  type Tensor,
  tensorOf,
  tf,
  valueAndGradients,
} from "#lib/engine/tensor.ts";
import { read } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { assertEquals } from "@std/assert";

/** An array of the fixture. */
interface Stored {
  readonly shape: number[];
  readonly values: number[];
}

/** One function of the fixture with its inputs, output and gradients. */
interface OracleCase {
  readonly inputs: Record<string, Stored>;
  readonly dy: Stored;
  readonly output: Stored;
  readonly gradients: Record<string, Stored>;
}

/** What the fixture's cases were run with. */
export const { texts, sides, ids } = fixture;

/** Asserts that an operation has torch's values and gradients, in 64 bits. */
export async function assertLikeTorch(
  name: keyof typeof fixture.cases,
  operation: (inputs: Record<string, Tensor>) => Tensor,
): Promise<void> {
  await useEngine("reference");
  const one = fixture.cases[name] as unknown as OracleCase;
  const inputs = Object.fromEntries(
    Object.entries(one.inputs).map((
      [key, x],
    ) => [key, tensorOf(x.values, x.shape)]),
  );
  assertClose(operation(inputs), one.output);
  const { gradients } = valueAndGradients(
    (given) =>
      tf.sum(tf.mul(operation(given), tensorOf(one.dy.values, one.dy.shape))),
    inputs,
  );
  for (const [key, wanted] of Object.entries(one.gradients)) {
    assertClose(gradients[key]!, wanted);
  }
}

/** Asserts equality to 1e-12 of the largest number. */
function assertClose(got: Tensor, wanted: Stored): void {
  assertEquals(got.shape, wanted.shape);
  const largest = Math.max(...wanted.values.map(Math.abs));
  const far = [...read(got)].filter((value, i) =>
    !(Math.abs(value - wanted.values[i]!) <= 1e-12 * largest)
  );
  assertEquals(far, []);
}

/** A tensor's numbers. */
export function numbersOf(tensor: Tensor): number[] {
  return [...read(tensor)];
}
