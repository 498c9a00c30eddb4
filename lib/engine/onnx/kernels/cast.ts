import { identity } from "../../view_kernels.ts";
import type { Kernel } from "../kernel.ts";

/**
 * `Cast` that shares where nothing changes, and leaves the rest to `convert`.
 *
 * @param convert The plain kernel.
 */
export function cast(convert: Kernel): Kernel {
  return (call) =>
    call.inputs.x!.dtype === call.attrs.dtype ? identity(call) : convert(call);
}
