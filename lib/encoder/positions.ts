/**
 * Counts the tokens of every text from 0.
 *
 * @param offsets Where each text begins, `[texts + 1]`.
 * @returns Place of each token in its text, `[tokens]`.
 *
 * @example Usage
 * ```ts
 * import { positions } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([...positions(Int32Array.of(0, 3, 5))], [0, 1, 2, 0, 1]);
 * ```
 */
export function positions(offsets: Int32Array): Int32Array {
  const places = new Int32Array(offsets.at(-1) ?? 0);
  for (let text = 0; text + 1 < offsets.length; text++) {
    for (let i = offsets[text]!; i < offsets[text + 1]!; i++) {
      places[i] = i - offsets[text]!;
    }
  }
  return places;
}
