/**
 * Gives positions the sinusoidal code of the Transformer, sines first.
 *
 *     y[i, j]            = sin(p[i] r[j])
 *     y[i, width/2 + j]  = cos(p[i] r[j]),   r[j] = 10000^(-j / (width/2 - 1))
 *
 * The last rate is 1/10000, which is not so in the paper's own formula, and sines and
 * cosines stand in two halves, not in turn. Exponents are rounded to 32 bits before the
 * exponential, as the original did when its weights were trained: at position 127 the
 * difference would show in the fifth digit.
 *
 * Cost: a sine and a cosine for half the features of each different place; a copy of
 * them for every token.
 * Source: the timing signal of tensor2tensor, after Vaswani et al. 2017, section 3.5.
 *
 * @param places Place of each token in its text, from 0, `[tokens]`.
 * @param width Features, an even number.
 * @returns `[tokens, width]`.
 *
 * @example Usage
 * ```ts
 * import { sinusoids } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([...sinusoids([0], 4)], [0, 0, 1, 1]);
 * ```
 */
export function sinusoids(
  places: ArrayLike<number>,
  width: number,
): Float64Array {
  const half = width / 2;
  const step = half === 1 ? 0 : Math.fround(Math.log(10000) / (half - 1));
  const rates = Float64Array.from(
    { length: half },
    (_, j) => Math.fround(Math.exp(-Math.fround(j * step))),
  );
  const codes = new Float64Array(places.length * width);
  const known = new Map<number, number>();
  for (let i = 0; i < places.length; i++) {
    const same = known.get(places[i]!);
    if (same !== undefined) {
      codes.copyWithin(i * width, same * width, (same + 1) * width);
      continue;
    }
    known.set(places[i]!, i);
    for (let j = 0; j < half; j++) {
      const angle = places[i]! * rates[j]!;
      codes[i * width + j] = Math.sin(angle);
      codes[i * width + half + j] = Math.cos(angle);
    }
  }
  return codes;
}
