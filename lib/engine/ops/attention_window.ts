/** What decides which keys a token sees inside its own text. */
export interface AttentionWindow {
  /** 1 where a token may be a key, `[length]`. */
  readonly attend: Uint8Array;
  /** Places on either side that a token sees, from 0. */
  readonly window: number;
}

/**
 * Says which keys each token of a text sees through a sliding window.
 *
 *     seen[i, j] = attend[j] and |i - j| <= window
 *
 * A token in whose window no key is attended sees itself alone, since a softmax over
 * nothing has no value; {@linkcode tokensWithKeys} tells it, and attention makes its row 0.
 *
 * Cost: `length^2` bytes.
 * Source: Beltagy et al. 2020 (Longformer), section 3.1.
 *
 * @param options Which tokens may be keys, and how far a token sees.
 * @returns 1 where row `i` sees key `j`, `[length, length]`.
 *
 * @example Usage
 * ```ts
 * import { attentionWindow } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const seen = attentionWindow({ attend: Uint8Array.of(1, 1, 0), window: 1 });
 * assertEquals([...seen], [1, 1, 0, 1, 1, 0, 0, 1, 0]);
 * ```
 */
export function attentionWindow(
  { attend, window }: AttentionWindow,
): Uint8Array {
  const length = attend.length;
  const seen = new Uint8Array(length * length);
  for (let i = 0; i < length; i++) {
    const last = Math.min(length - 1, i + window);
    let keys = 0;
    for (let j = Math.max(0, i - window); j <= last; j++) {
      if (attend[j] === 0) continue;
      seen[i * length + j] = 1;
      keys++;
    }
    if (keys === 0) seen[i * length + i] = 1;
  }
  return seen;
}

/**
 * Says which tokens have a key in their window, text by text.
 *
 * Cost: linear in the tokens.
 *
 * @param options Which tokens may be keys, how far a token sees, and where texts begin.
 * @returns 1 where a token sees a key, `[tokens]`; nothing where every token does.
 *
 * @example Usage
 * ```ts
 * import { tokensWithKeys } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const attend = Uint8Array.of(1, 0, 0, 1);
 * const offsets = Int32Array.of(0, 3, 4);
 * assertEquals(tokensWithKeys({ attend, offsets, window: 1 }), Uint8Array.of(1, 1, 0, 1));
 * assertEquals(tokensWithKeys({ attend, offsets, window: 2 }), undefined);
 * ```
 */
export function tokensWithKeys(
  { attend, window, offsets }: AttentionWindow & {
    readonly offsets: Int32Array;
  },
): Uint8Array | undefined {
  const seen = new Uint8Array(attend.length);
  for (let text = 0; text + 1 < offsets.length; text++) {
    const [first, end] = [offsets[text]!, offsets[text + 1]!];
    for (let key = first, next = first; key < end; key++) {
      if (attend[key] === 0) continue;
      next = Math.max(next, key - window);
      const last = Math.min(end - 1, key + window);
      while (next <= last) seen[next++] = 1;
    }
  }
  return seen.includes(0) ? seen : undefined;
}
