import type { TokenVectors } from "#lib/encoder/encoder.ts";
import { tensorOf, tf } from "#lib/engine/tensor.ts";
import { stream } from "#lib/num/stream.ts";

/** Length of a vector. */
const DIM = 4;

/** Texts of 3 to 7 random tokens, some of which do not count; the same for a seed. */
export function texts(seed: number, count: number): TokenVectors {
  const random = stream(seed, "texts");
  const lengths = Array.from({ length: count }, () => 3 + random.integer(5));
  const offsets = offsetsOf(lengths);
  const tokens = offsets.at(-1)!;
  const keep = new Uint8Array(tokens).map(() => Number(random.next() < 0.75));
  for (const first of offsets.subarray(0, -1)) keep[first] = 1;
  const values = Array.from({ length: tokens * DIM }, () => random.normal());
  return { values: tensorOf(values, [tokens, DIM]), offsets, keep };
}

/** Each text by itself. */
export function textsOf(
  { values, offsets, keep }: TokenVectors,
): TokenVectors[] {
  return Array.from({ length: offsets.length - 1 }, (_, text) => {
    const [from, to] = [offsets[text]!, offsets[text + 1]!];
    return {
      values: tf.slice(values, [from, 0], [to - from, values.shape[1]!]),
      offsets: Int32Array.of(0, to - from),
      keep: keep.slice(from, to),
    };
  });
}

/** Texts end to end. */
export function joined(parts: readonly TokenVectors[]): TokenVectors {
  return {
    values: tf.concat(parts.map(({ values }) => values)),
    offsets: offsetsOf(parts.flatMap(({ offsets }) => [...offsets.slice(1)])),
    keep: Uint8Array.from(parts.flatMap(({ keep }) => [...keep])),
  };
}

function offsetsOf(lengths: readonly number[]): Int32Array {
  const offsets = new Int32Array(lengths.length + 1);
  lengths.forEach((length, i) => offsets[i + 1] = offsets[i]! + length);
  return offsets;
}
