/**
 * Dropout with the lab's own counter-based masks; it is its own gradient.
 *
 * @module
 */
import { maskOf } from "../../dropout_masks.ts";
import type { Kernel, KernelCall } from "../kernel.ts";
import { ELEMENT, type Handle } from "../operators.ts";
import { keptMask } from "./dropout_mask.ts";

/** The mask of a call, 1 where a feature is kept: a GPU draws its own. */
function maskFor({ inputs, attrs, torch }: KernelCall): Handle {
  const [rows, n] = inputs.x!.shape as [number, number];
  const { rate, rowKeys, site } = attrs;
  if (torch.isCuda) return keptMask(torch, { rate, rowKeys, site, n });
  const { address } = maskOf({ rate, rowKeys, site, n });
  return torch.fromBytes(address, [rows, n], ELEMENT.uint8);
}

/** `LabDropout`: `x / (1 - rate)` where the mask keeps, else 0. */
export const dropout: Kernel = (call) => {
  const { inputs, attrs, backend, torch } = call;
  const x = inputs.x!;
  const y = torch.call(
    "aten::mul.Tensor",
    torch.packed(backend.handle(x)),
    maskFor(call),
  );
  torch.change("aten::mul_.Tensor", y, torch.scalar(1 / (1 - attrs.rate)));
  return backend.adopt(y, x.shape);
};
