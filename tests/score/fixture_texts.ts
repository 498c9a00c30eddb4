import type { TokenVectors } from "#lib/encoder/encoder.ts";
import { read, type Tensor, tensorOf } from "#lib/engine/tensor.ts";
import fixture from "../fixtures/score/max_sim.json" with { type: "json" };

/** One side of the fixture as token vectors. */
export function sideOf(side: "queries" | "documents"): TokenVectors {
  const offsets = [0];
  for (const length of fixture.lengths[side]) {
    offsets.push(offsets.at(-1)! + length);
  }
  return {
    values: tensorOf(fixture.values[side], [offsets.at(-1)!, fixture.dim]),
    offsets: Int32Array.from(offsets),
    keep: Uint8Array.from(fixture.keep[side].flat()),
  };
}

/** Numbers of a tensor, rounded to hide the last bits. */
export function valuesOf(tensor: Tensor): number[] {
  return [...read(tensor)].map((value) => Number(value.toPrecision(12)));
}
