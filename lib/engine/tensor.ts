/**
 * The one place that imports TensorFlow.js: tensors, the tape, and the few
 * calls the rest of the lab needs beyond TensorFlow.js's own.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { ShapeError } from "../num/shape_error.ts";

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
 * A parameter that the scalar does not depend on gets a gradient of zeros. The
 * fused operations can be differentiated once, not twice.
 *
 * @param compute Builds the scalar from the parameters; everything else it
 * allocates is freed, also when it throws.
 * @param parameters What to differentiate by.
 * @returns The value and one gradient a parameter.
 *
 * @example Usage
 * ```ts
 * import { read, tensorOf, useEngine, valueAndGradients } from "#lib/mod.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const { value, gradients } = valueAndGradients(
 *   ({ x }) => tf.sum(tf.square(x!)),
 *   { x: tensorOf([1, 2], [2]) },
 * );
 * assertEquals([...read(value)], [1 + 4]);
 * assertEquals([...read(gradients["x"]!)], [2, 4]);
 * ```
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
      // Makes a tensor of its own even of a parameter that is returned as it came.
      0,
    ) as tf.Scalar;
  return freeingKept(() => {
    const { value, grads } = tf.engine().gradients(
      () => run(...inputs),
      inputs,
      undefined,
      true,
    );
    const gradients = Object.fromEntries(
      names.map((name, i) => [name, grads[i] ?? tf.zerosLike(inputs[i]!)]),
    );
    return { value, gradients };
  });
}

/**
 * Frees everything that a failed differentiation made. What is kept for the way
 * back TensorFlow.js frees at the end of that way only.
 */
function freeingKept(
  differentiate: () => { value: Tensor; gradients: Record<string, Tensor> },
): ValueAndGradients {
  const engine = tf.engine();
  const { keep } = engine;
  const kept: Tensor[] = [];
  engine.keep = (tensor) => {
    kept.push(tensor);
    return keep.call(engine, tensor) as typeof tensor;
  };
  try {
    return tf.tidy(differentiate);
  } catch (error) {
    tf.dispose(kept);
    throw error;
  } finally {
    engine.keep = keep;
  }
}

/** What numbers a tensor holds. */
export type NumberType = "float32" | "int32" | "bool";

/** Numbers in memory, in the order of the shape's last axis first. */
export type Numbers =
  | readonly number[]
  | Float64Array
  | Float32Array
  | Int32Array
  | Uint8Array;

/**
 * Makes a tensor of numbers on the engine in use.
 *
 * On the `reference` engine floats keep their 64 bits, which `tf.tensor` would
 * round to 32; on every other engine they are rounded. The numbers are copied.
 *
 * @param values The numbers, as many as the shape asks for.
 * @param shape Sizes, outermost first; `[]` for a scalar.
 * @param dtype What is stored. Default `float32`.
 * @returns The tensor; the caller disposes it.
 * @throws {ShapeError} If there are too few or too many numbers.
 *
 * @example Usage
 * ```ts
 * import { read, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * assertEquals([...read(tensorOf([0.1, 0.2], [2]))], [0.1, 0.2]);
 * ```
 */
export function tensorOf(
  values: Numbers,
  shape: readonly number[],
  dtype: NumberType = "float32",
): Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  if (values.length !== size) {
    throw new ShapeError(
      "make a tensor",
      `${size} numbers for [${shape}]`,
      `${values.length} numbers`,
    );
  }
  return tf.engine().makeTensor(
    stored(values, dtype) as Float32Array,
    [...shape],
    dtype,
  ) as Tensor;
}

/**
 * Makes a tensor of one number, in 64 bits on the `reference` engine.
 *
 * `tf.mul(x, 0.1)` rounds 0.1 to 32 bits on every engine; this does not.
 *
 * @param value The number.
 * @returns A scalar; the caller disposes it.
 *
 * @example Usage
 * ```ts
 * import { read, scalarOf, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * assertEquals(read(scalarOf(0.1))[0], 0.1);
 * ```
 */
export function scalarOf(value: number): Tensor {
  return tensorOf([value], []);
}

/** Numbers in the type that the engine in use stores; a copy, unless it makes one itself. */
function stored(values: Numbers, dtype: NumberType): ArrayLike<number> {
  if (dtype === "int32") return Int32Array.from(values);
  if (dtype === "bool") return Uint8Array.from(values);
  if (tf.getBackend() === "reference") return Float64Array.from(values);
  const { copiesNumbers } = tf.backend() as { copiesNumbers?: boolean };
  return copiesNumbers && values instanceof Float32Array
    ? values
    : Float32Array.from(values);
}

/**
 * Reads a tensor's numbers, synchronously.
 *
 * @param tensor Any float tensor.
 * @returns A copy, `Float64Array` on the `reference` engine, else `Float32Array`.
 *
 * @example Usage
 * ```ts
 * import { read, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * assertEquals(read(tensorOf([1, 2], [2])), Float64Array.of(1, 2));
 * ```
 */
export function read(tensor: Tensor): Float32Array | Float64Array {
  return tensor.dataSync().slice() as unknown as Float32Array | Float64Array;
}
