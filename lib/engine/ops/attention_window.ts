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
 * nothing has no value.
 *
 * Cost: `length^2` bytes.
 * Source: Beltagy et al. 2020 (Longformer), section 3.1.
 * Differs: where no key is left, PyTorch's fused attention gives zeros and
 * transformers' eager one the mean of all values; only a [MASK] of a query that stands
 * more than a window behind its last word comes into that.
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
