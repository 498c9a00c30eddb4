import { hash32 } from "../../num/hash.ts";

/** What the keys of {@linkcode dropoutRowKeys} are mixed from. */
export interface DropoutPlace {
  /** Key of the named stream, a whole number. */
  readonly key: number;
  /** Optimisation step. */
  readonly step: number;
  /** Index in the whole run's batch of each packed text, `[texts]`. */
  readonly texts: Int32Array;
  /** Where each text begins, `[texts + 1]`. */
  readonly offsets: Int32Array;
}

/**
 * Gives every token the key from which its dropout masks are drawn.
 *
 * A key depends on the stream, the step, the text's index in the whole batch and
 * the token's position in the text, and on nothing else: not on how a batch was
 * split, sorted or packed.
 *
 * Random: none of its own; `key` names the stream.
 *
 * @param place Stream, step, texts.
 * @returns One key a token, `[tokens]`.
 *
 * @example Usage
 * ```ts
 * import { dropoutRowKeys } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const keys = (texts: number[], offsets: number[]) =>
 *   [...dropoutRowKeys({
 *     key: 1,
 *     step: 0,
 *     texts: Int32Array.from(texts),
 *     offsets: Int32Array.from(offsets),
 *   })];
 * const together = keys([0, 1], [0, 2, 3]);
 * assertEquals(together, [...keys([0], [0, 2]), ...keys([1], [0, 1])]);
 * ```
 */
export function dropoutRowKeys(place: DropoutPlace): Uint32Array {
  const { key, step, texts, offsets } = place;
  const keys = new Uint32Array(offsets[offsets.length - 1]!);
  const stepKey = hash32(key, step);
  for (let text = 0; text < texts.length; text++) {
    const textKey = hash32(stepKey, texts[text]!);
    const start = offsets[text]!;
    for (let position = start; position < offsets[text + 1]!; position++) {
      keys[position] = hash32(textKey, position - start);
    }
  }
  return keys;
}
