import { read, tensorOf, tf } from "#lib/engine/tensor.ts";
import { type Case, type Given, type Outcome, weighted } from "./case.ts";
import { differs } from "./compare.ts";

/**
 * How a case's gradients differ from central differences on the engine in use, one
 * line an input; meant for 64 bits.
 */
export function slopesDiffer(
  one: Case,
  { gradients }: Outcome,
  tolerance: number,
): string[] {
  return one.inputs.flatMap((input, which) =>
    differs(
      `${one.name}: gradient ${which}`,
      gradients[which]!,
      { shape: input.shape, values: slopes(one, which) },
      tolerance,
    )
  );
}

/** Central differences of the weighted outputs by every number of one input. */
function slopes(one: Case, which: number): Float64Array {
  const step = 1e-5;
  return one.inputs[which]!.values.map((value, i) => {
    const at = (x: number) => {
      const values = one.inputs[which]!.values.slice();
      values[i] = x;
      return valueAt(
        one,
        one.inputs.with(which, { ...one.inputs[which]!, values }),
      );
    };
    return (at(value + step) - at(value - step)) / (2 * step);
  });
}

/** The weighted outputs for some inputs. */
function valueAt({ run }: Case, inputs: readonly Given[]): number {
  const value = tf.tidy(() =>
    weighted(run(...inputs.map(({ values, shape }) => tensorOf(values, shape))))
  );
  const [number] = read(value);
  value.dispose();
  return number!;
}
