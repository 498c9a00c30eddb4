/**
 * Kernels that give the same numbers under another shape, on any backend that
 * can: nothing is copied.
 *
 * @module
 */
import { sizeOf } from "./reference/shape_walk.ts";
import type { tf } from "./tensor.ts";

/** What such a kernel needs of a call. */
export interface ViewCall {
  /** Tensors by name. */
  readonly inputs: Readonly<Record<string, tf.TensorInfo | undefined>>;
  /** Settings by name. */
  // deno-lint-ignore no-explicit-any -- TensorFlow.js types every setting alike
  readonly attrs: Readonly<Record<string, any>>;
  /** Where the tensors live. */
  readonly backend: {
    reshaped(info: tf.TensorInfo, shape: readonly number[]): tf.TensorInfo;
  };
}

/** A kernel that makes one tensor. */
type ViewKernel = (call: ViewCall) => tf.TensorInfo;

/** `Identity`: the same tensor again. */
export const identity: ViewKernel = ({ inputs, backend }) =>
  backend.reshaped(inputs.x!, inputs.x!.shape);

/** `Reshape`: the same numbers under `attrs.shape`, where one -1 is worked out. */
const reshape: ViewKernel = ({ inputs, attrs, backend }) => {
  const wanted = attrs.shape as number[];
  const known = sizeOf(wanted.filter((length) => length !== -1));
  const rest = known === 0 ? 0 : sizeOf(inputs.x!.shape) / known;
  return backend.reshaped(
    inputs.x!,
    wanted.map((length) => length === -1 ? rest : length),
  );
};

/** `ExpandDims`: a new axis of length 1 at `attrs.dim`. */
const expandDims: ViewKernel = ({ inputs, attrs, backend }) => {
  const { shape } = inputs.input!;
  const dim = attrs.dim as number;
  const at = dim < 0 ? dim + shape.length + 1 : dim;
  return backend.reshaped(inputs.input!, shape.toSpliced(at, 0, 1));
};

/** The kernels by name. */
export const viewKernels: Readonly<Record<string, ViewKernel>> = {
  Identity: identity,
  Reshape: reshape,
  ExpandDims: expandDims,
};
