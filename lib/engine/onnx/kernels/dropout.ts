/**
 * Dropout with the lab's own counter-based masks; it is its own gradient.
 *
 * @module
 */
import { maskOf } from "../../dropout_masks.ts";
import type { GraphForm } from "../graph.ts";
import { type Kernel, rowPieces } from "../kernel.ts";

/** Multiplies by 0 or the factor, so that NaN stays NaN. */
function form(factor: number): GraphForm {
  return {
    inputs: "x mask:uint8",
    outputs: "y",
    nodes: [
      ["DequantizeLinear", "mask factor", "factors"],
      ["Mul", "x factors", "y"],
    ],
    constants: { factor },
  };
}

/** `LabDropout`: `x / (1 - rate)` where the mask keeps, else 0. */
export const dropout: Kernel = ({ inputs, attrs, backend }) => {
  const x = inputs.x!;
  const [rows, n] = x.shape as [number, number];
  const { rate, rowKeys, site } = attrs;
  const { address } = maskOf({ rate, rowKeys, site, n });
  const y = backend.allocate([rows, n]);
  const graph = backend.graph(`dropout ${rate}`, () => form(1 / (1 - rate)));
  backend.together(rowPieces(backend, [rows, n]), ([start, count]) => {
    const part = { shape: [count, n], from: start * n };
    const mask = { address: address + BigInt(start * n), shape: part.shape };
    graph([backend.argument(x, part), mask], [backend.argument(y, part)]);
  });
  return y;
};
