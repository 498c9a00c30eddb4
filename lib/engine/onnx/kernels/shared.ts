/**
 * Kernels that give the same numbers under another shape: nothing is copied.
 *
 * @module
 */
import { sizeOf } from "../onnx_backend.ts";
import type { Kernel } from "../kernel.ts";

/** `Identity`: the same tensor again. */
export const identity: Kernel = ({ inputs, backend }) =>
  backend.reshaped(inputs.x!, inputs.x!.shape);

/** `Reshape`: the same numbers under `attrs.shape`, where one -1 is worked out. */
export const reshape: Kernel = ({ inputs, attrs, backend }) => {
  const wanted = attrs.shape as number[];
  const known = sizeOf(wanted.filter((length) => length !== -1));
  const rest = known === 0 ? 0 : sizeOf(inputs.x!.shape) / known;
  return backend.reshaped(
    inputs.x!,
    wanted.map((length) => length === -1 ? rest : length),
  );
};

/** `ExpandDims`: a new axis of length 1 at `attrs.dim`. */
export const expandDims: Kernel = ({ inputs, attrs, backend }) => {
  const shape = [...inputs.input!.shape];
  const dim = attrs.dim as number;
  shape.splice(dim < 0 ? dim + shape.length + 1 : dim, 0, 1);
  return backend.reshaped(inputs.input!, shape);
};

/**
 * `Cast` that shares where nothing changes, and leaves the rest to `convert`.
 *
 * @param convert The plain kernel.
 */
export function cast(convert: Kernel): Kernel {
  return (call) =>
    call.inputs.x!.dtype === call.attrs.dtype ? identity(call) : convert(call);
}
