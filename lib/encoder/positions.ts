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

/**
 * Counts positions as RoBERTa does: from behind the padding token's id, without
 * padding tokens, which all stand at that id itself.
 *
 *     position = pad + number of tokens other than padding up to here,   of padding: pad
 *
 * Source: `create_position_ids_from_input_ids` of Hugging Face's transformers 5.23.
 *
 * @param ids Vocabulary ids, `[tokens]`.
 * @param options Where each text begins, `[texts + 1]`, and the padding token's id.
 * @returns Row of the position table for each token, `[tokens]`.
 *
 * @example Usage
 * ```ts
 * import { robertaPositions } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const options = { offsets: Int32Array.of(0, 3, 5), pad: 1 };
 * assertEquals([...robertaPositions(Int32Array.of(0, 1, 2, 0, 2), options)], [2, 1, 3, 2, 3]);
 * ```
 */
export function robertaPositions(
  ids: Int32Array,
  { offsets, pad }: { readonly offsets: Int32Array; readonly pad: number },
): Int32Array {
  const places = new Int32Array(ids.length);
  for (let text = 0; text + 1 < offsets.length; text++) {
    let last = pad;
    for (let i = offsets[text]!; i < offsets[text + 1]!; i++) {
      places[i] = ids[i] === pad ? pad : ++last;
    }
  }
  return places;
}
