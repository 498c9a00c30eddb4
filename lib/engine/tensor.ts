/**
 * The one place that imports TensorFlow.js: tensors, the tape, and the few
 * calls the rest of the lab needs beyond TensorFlow.js's own.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";

export { tf };

/** A TensorFlow.js tensor, on whatever engine made it. */
export type Tensor = tf.Tensor;

/** Named 32-bit tensors: the weights of a model, or their gradients. */
export type Parameters = Readonly<Record<string, Tensor>>;

/** A loss and its gradient by parameter name. */
export interface ValueAndGradients {
  /** The scalar that was differentiated; the caller disposes it. */
  readonly value: Tensor;
  /** One gradient a parameter, of its shape; the caller disposes them. */
  readonly gradients: Parameters;
}

/**
 * Differentiates a scalar with respect to every named parameter.
 *
 * A parameter that the scalar does not depend on gets a gradient of zeros.
 *
 * @param compute Builds the scalar from the parameters; everything else it
 * allocates is freed.
 * @param parameters What to differentiate by.
 * @returns The value and one gradient a parameter.
 */
export function valueAndGradients(
  compute: (parameters: Parameters) => Tensor,
  parameters: Parameters,
): ValueAndGradients {
  const names = Object.keys(parameters);
  const inputs = names.map((name) => parameters[name]!);
  const run = (...given: Tensor[]): tf.Scalar =>
    tf.add(
      compute(Object.fromEntries(names.map((name, i) => [name, given[i]!]))),
      // Ties every parameter to the scalar, so that an unused one has a gradient.
      0,
    ) as tf.Scalar;
  const { value, grads } = tf.engine().gradients(
    () => run(...inputs),
    inputs,
    undefined,
    true,
  );
  return {
    value,
    gradients: Object.fromEntries(
      names.map((name, i) => [name, grads[i] ?? tf.zerosLike(inputs[i]!)]),
    ),
  };
}

/**
 * Reads a tensor's numbers, synchronously.
 *
 * @param tensor Any float tensor.
 * @returns A copy, `Float64Array` on the `reference` engine, else `Float32Array`.
 */
export function read(tensor: Tensor): Float32Array | Float64Array {
  return tensor.dataSync().slice() as unknown as Float32Array | Float64Array;
}
