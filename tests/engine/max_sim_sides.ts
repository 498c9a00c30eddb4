import { maxSim } from "#lib/engine/ops/max_sim.ts";
import { read, tensorOf, tf, valueAndGradients } from "#lib/engine/tensor.ts";
import { stream } from "#lib/num/stream.ts";

/** Packed texts with random vectors. */
export interface Side {
  readonly offsets: Int32Array;
  readonly keep: Uint8Array;
  readonly values: Float32Array;
  readonly dim: number;
}

/**
 * Draws vectors for texts of given lengths; `dropped` says which of a text's tokens do
 * not count.
 */
export function side(
  name: string,
  lengths: readonly number[],
  { dim = 4, dropped = () => false }: {
    readonly dim?: number;
    readonly dropped?: (place: number) => boolean;
  } = {},
): Side {
  let end = 0;
  const offsets = [0, ...lengths.map((length) => end += length)];
  const keep = lengths.flatMap((length) =>
    Array.from({ length }, (_, place) => dropped(place) ? 0 : 1)
  );
  const random = stream(9, name);
  const values = Float32Array.from({ length: end * dim }, random.normal);
  return {
    offsets: Int32Array.from(offsets),
    keep: Uint8Array.from(keep),
    values,
    dim,
  };
}

/** Scores, and both gradients of their sum weighted by unlike numbers. */
export function measured(
  queries: Side,
  documents: Side,
  ways?: number,
): number[][] {
  const rows = ({ values, dim }: Side) =>
    tensorOf(values, [values.length / dim, dim]);
  const given = { q: rows(queries), d: rows(documents) };
  let scores: number[] = [];
  const { value, gradients } = valueAndGradients(({ q, d }) => {
    const made = maxSim(q!, d!, {
      queryOffsets: queries.offsets,
      queryKeep: queries.keep,
      documentOffsets: documents.offsets,
      documentKeep: documents.keep,
      ways,
    });
    scores = [...read(made)];
    const weights = tf.cos(tf.reshape(tf.range(0, made.size), made.shape));
    return tf.sum(tf.mul(made, weights));
  }, given);
  const all = [scores, [...read(gradients.q!)], [...read(gradients.d!)]];
  tf.dispose([value, { ...gradients }, given]);
  return all;
}

/** The largest difference of each list, as a share of the largest number in it. */
export function apart(wanted: number[][], got: number[][]): number[] {
  return wanted.map((numbers, i) => {
    const most = numbers.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    return numbers.reduce(
      (a, b, j) => Math.max(a, Math.abs(b - got[i]![j]!)),
      0,
    ) / most;
  });
}
