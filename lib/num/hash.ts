/**
 * Mixes two whole numbers into 32 bits that look random, always the same ones.
 *
 * Every bit of either input reaches every bit of the result, and the order of
 * the two counts: `hash32(a, b)` and `hash32(b, a)` differ. Only the low 32 bits
 * of each input take part. It is a counter hash for masks and keys, not a
 * cryptographic one.
 *
 * Range: a whole number in `[0, 2^32)`.
 * Cost: four multiplications, no allocation.
 * Source: multiply-xorshift finalisers with the constants that Wellons found by
 * search (`lowbias32`, public domain), here with two rounds, one an input.
 *
 * @param a First whole number, a key.
 * @param b Second whole number, a counter.
 * @returns 32 bits, unsigned.
 *
 * @example Usage
 * ```ts
 * import { hash32 } from "#lib/mod.ts";
 * import { assertEquals, assertNotEquals } from "@std/assert";
 *
 * assertEquals(hash32(1, 2), hash32(1, 2));
 * assertNotEquals(hash32(1, 2), hash32(2, 1));
 * ```
 */
export function hash32(a: number, b: number): number {
  return mix32(mix32(a ^ 0x9e3779b9) + (b ^ 0x85ebca6b) | 0) >>> 0;
}

/** One finaliser: a bijection of 32 bits, signed, in which every input bit reaches every output bit. */
export function mix32(word: number): number {
  let x = word;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return x ^ (x >>> 16);
}
