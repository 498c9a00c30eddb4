/**
 * Token ids of many texts laid end to end, with no padding.
 *
 * Text `t` owns positions `offsets[t]` to `offsets[t + 1] - 1`. Every array but
 * `offsets` has one entry a token.
 */
export interface PackedTokens {
  /** Vocabulary ids, `[tokens]`. */
  readonly ids: Int32Array;
  /** Where each text begins, `[texts + 1]`; the last entry is `tokens`. */
  readonly offsets: Int32Array;
  /** Segment of each token, `[tokens]`: 0, or 1 for a pair's second text, 2 for a triple's third. */
  readonly segment: Uint8Array;
  /** 1 where scoring counts the token, `[tokens]`. */
  readonly keep: Uint8Array;
  /** 1 where the token may be a key in attention, `[tokens]`. */
  readonly attend: Uint8Array;
}
