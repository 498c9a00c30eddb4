/**
 * Cuts a batch into stretches of texts of at most so many tokens, each of at least one
 * text.
 *
 * @param sizes Tokens of each text, `[texts]`.
 * @param most Most tokens of a stretch; a longer text stands alone.
 * @returns The first text of each stretch, and one beyond its last.
 *
 * @example Usage
 * ```ts
 * import { tokenChunks } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const sizes = Int32Array.of(2, 3, 9, 1);
 * assertEquals([...tokenChunks(sizes, 5)], [[0, 2], [2, 3], [3, 4]]);
 * ```
 */
export function* tokenChunks(
  sizes: Int32Array,
  most: number,
): Generator<readonly [first: number, last: number]> {
  for (let first = 0; first < sizes.length;) {
    let last = first + 1;
    let tokens = sizes[first]!;
    while (last < sizes.length && tokens + sizes[last]! <= most) {
      tokens += sizes[last++]!;
    }
    yield [first, last];
    first = last;
  }
}
