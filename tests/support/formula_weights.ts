import type { CheckpointTensors } from "#lib/encoder/checkpoint_tensor.ts";
import { packRows } from "#lib/text/pack_texts.ts";
import type { PackedTokens } from "#lib/text/packed_tokens.ts";

/** What `make_families.py` writes of a model. */
export interface Family {
  readonly config: unknown;
  readonly texts: readonly { ids: number[]; attend: number[] }[];
  readonly head: readonly number[];
  readonly vectors: readonly number[][];
  readonly value: number;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly gradients: Readonly<Record<string, readonly number[]>>;
}

/** The weights that the fixture describes by a formula. */
export function checkpointOf(
  { shapes }: Pick<Family, "shapes">,
): CheckpointTensors {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape], place) => [
      name,
      numbers(shape, place, /norm/i.test(name) && name.endsWith("weight")),
    ]),
  );
}

/** The numbers of the tensor at a place, around 1 where it is a gain. */
export function numbers(
  shape: readonly number[],
  place: number,
  isGain = false,
) {
  const values = Float32Array.from(
    { length: shape.reduce((product, n) => product * n, 1) },
    (_, i) => Number(isGain) + 0.4 * Math.cos(0.37 * i * i + place + 1),
  );
  return { shape, values };
}

/** Norm of a gradient and its products with three waves. */
export function products(gradient: ArrayLike<number>): number[] {
  const g = Array.from(gradient);
  const wave = (j: number) =>
    g.reduce((sum, value, i) => sum + value * Math.cos(j * i + j), 0);
  return [Math.hypot(...g), wave(1), wave(2), wave(3)];
}

/** The fixture's texts, packed. */
export function packedOf({ texts }: Pick<Family, "texts">): PackedTokens {
  return packRows(texts.map(({ ids, attend }) => ({
    ids,
    attend: attend.map((flag) => flag === 1),
  })));
}
