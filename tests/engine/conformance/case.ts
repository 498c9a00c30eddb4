import {
  type Tensor,
  tensorOf,
  tf,
  valueAndGradients,
} from "#lib/engine/tensor.ts";
import { read } from "#lib/engine/tensor.ts";
import { hash32 } from "#lib/num/hash.ts";

/** One float input of a case; its numbers are exact in 32 bits. */
export interface Given {
  readonly values: Float64Array;
  readonly shape: readonly number[];
}

/** One operation on one set of inputs, to be judged on every engine. */
export interface Case {
  /** Unique. */
  readonly name: string;
  /** What is differentiated by. */
  readonly inputs: readonly Given[];
  /** Frees everything but what it returns. */
  readonly run: (...inputs: Tensor[]) => Tensor | Tensor[];
  /**
   * `smooth`: held against finite differences on `reference`, then compared.
   * `compared`: compared only, because the place has a kink. `none`: no gradient.
   * Default `smooth`.
   */
  readonly gradient?: "smooth" | "compared" | "none";
  /** Largest error allowed, as a share of the largest number of an output. Default 1e-6. */
  readonly tolerance?: number;
}

/** What a case gave on one engine. */
export interface Outcome {
  readonly outputs: readonly Given[];
  readonly gradients: readonly Given[];
  /** Tensors left behind. */
  readonly leaked: number;
}

/** Numbers that look random, between `low` and `high`, always the same for a seed. */
export function given(
  seed: number,
  shape: readonly number[],
  { low = -2, high = 2 } = {},
): Given {
  const size = shape.reduce((product, length) => product * length, 1);
  const values = Float64Array.from(
    { length: size },
    (_, i) => Math.fround(low + (high - low) * hash32(seed, i) / 2 ** 32),
  );
  return { values, shape };
}

/** The numbers given, as they are. */
export function exactly(values: number[], shape?: readonly number[]): Given {
  return {
    values: Float64Array.from(values, Math.fround),
    shape: shape ?? [values.length],
  };
}

/** Numbers of both signs that stay away from 0 and from whole numbers, where kinks are. */
export function awayFromKinks(seed: number, shape: readonly number[]): Given {
  const { values } = given(seed, shape, { low: 0.1, high: 0.4 });
  return {
    shape,
    values: values.map((value, i) =>
      Math.fround(hash32(seed + 1, i) % 5 - 2 + value)
    ),
  };
}

/** Runs a case on the engine in use; what it throws names the case. */
export function evaluate(one: Case): Outcome {
  try {
    return outcomeOf(one);
  } catch (error) {
    throw new RangeError(
      `Cannot run ${one.name}: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
}

/** Outputs, gradients and tensors left behind. */
function outcomeOf({ inputs, run, gradient = "smooth" }: Case): Outcome {
  const before = tf.memory().numTensors;
  const tensors = inputs.map(({ values, shape }) => tensorOf(values, shape));
  const made = [run(...tensors)].flat();
  const outputs = made.map(readOut);
  tf.dispose(made);
  const gradients = gradient === "none" ? [] : gradientsOf(run, tensors);
  tf.dispose(tensors);
  return { outputs, gradients, leaked: tf.memory().numTensors - before };
}

/** The sum of the outputs weighted by fixed numbers, so that no gradient is trivial. */
export function weighted(outputs: Tensor | Tensor[]): Tensor {
  return tf.tidy(() =>
    [outputs].flat().filter(({ dtype }) => dtype === "float32")
      .map((output, i) => {
        const { values, shape } = given(900 + i, output.shape, {
          low: 0.5,
          high: 1.5,
        });
        return tf.sum(tf.mul(output, tensorOf(values, shape)));
      })
      .reduce((sum, term) => tf.add(sum, term))
  );
}

/** Gradients of the weighted outputs by every input. */
function gradientsOf(run: Case["run"], tensors: readonly Tensor[]): Given[] {
  const named = Object.fromEntries(tensors.map((x, i) => [`${i}`, x]));
  const { value, gradients } = valueAndGradients(
    (given) => weighted(run(...tensors.map((_, i) => given[`${i}`]!))),
    named,
  );
  const read = tensors.map((_, i) => readOut(gradients[`${i}`]!));
  value.dispose();
  tf.dispose({ ...gradients });
  return read;
}

/** A tensor's numbers and shape. */
function readOut(tensor: Tensor): Given {
  return { values: Float64Array.from(read(tensor)), shape: [...tensor.shape] };
}
