import { ShapeError } from "../../num/shape_error.ts";
import { scalarOf, tensorOf, tf } from "../tensor.ts";
import type { Tensor } from "../tensor.ts";
import { attentionWindow, tokensWithKeys } from "./attention_window.ts";
import { hasKernel, runFused, runKernel } from "./fused.ts";
import { type LengthGroup, lengthGroups } from "./length_groups.ts";
import { matrixProduct, swapLastAxes } from "./matrix_product.ts";

/** Settings of {@linkcode attention}. */
export interface AttentionOptions {
  /** Where each text begins, `[texts + 1]`; the last entry is `tokens`. */
  readonly offsets: Int32Array;
  /** 1 where a token may be a key, `[tokens]`; a token with 0 still attends to others. */
  readonly attend: Uint8Array;
  /** Heads; divides `hidden`. */
  readonly heads: number;
  /** Factor on the logits. Default `1 / sqrt(hidden / heads)`. */
  readonly scale?: number | undefined;
  /** Places on either side that a token sees, from 0. Default: all. */
  readonly window?: number | undefined;
}

/** {@linkcode AttentionOptions} with the defaults filled in. */
type Settings = Required<AttentionOptions> & {
  readonly scale: number;
  readonly window: number;
};

/**
 * Lets every token of a text look at the attended tokens of the same text.
 *
 *     p = softmax over attended k of (scale q k^T),   y = p v,   head by head
 *
 * An unattended token is no key, yet stays a query: its logit is minus infinity
 * for everybody, its own row is computed like any other. Texts never see each
 * other. Neither the order of texts nor their neighbours change a result; sorted
 * by length they run faster.
 *
 * With a window a token sees no key further away than that, as in local attention. Where
 * none is left, which only a [MASK] more than a window behind its query's last word comes
 * into, the row is 0, as in PyTorch's fused attention.
 *
 * Cost: `4 hidden` multiplications for every pair of tokens of one text.
 * Source: Vaswani et al. 2017, section 3.2; Beltagy et al. 2020, section 3.1 (window).
 * Differs: no dropout on the probabilities; transformers' eager attention gives the mean
 * of all values where a window has no key.
 *
 * @param qkv `[tokens, 3 hidden]`, queries, keys and values side by side, head by head inside each.
 * @param options Texts, mask, heads, scale and window.
 * @returns `[tokens, hidden]`.
 * @throws {ShapeError} If the shapes do not fit.
 * @throws {RangeError} If a text has no attended token, or the window is no whole
 * number from 0.
 *
 * @example Usage
 * ```ts
 * import { attention, read, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * // Two tokens, one head of width 1; only the first may be a key.
 * const qkv = tensorOf([1, 1, 5, 1, 1, 7], [2, 3]);
 * const y = attention(qkv, {
 *   offsets: Int32Array.of(0, 2),
 *   attend: Uint8Array.of(1, 0),
 *   heads: 1,
 * });
 * assertEquals([...read(y)], [5, 5]);
 * ```
 */
export function attention(qkv: Tensor, options: AttentionOptions): Tensor {
  const { offsets, attend, heads } = options;
  const hidden = qkv.shape[1]! / 3;
  checkShapes(qkv, options);
  checkAttended(offsets, attend);
  const { scale = 1 / Math.sqrt(hidden / heads) } = options;
  const window = windowOf(options);
  const settings = { offsets, attend, heads, scale, window };
  const kernel = window === Infinity ? "LabAttention" : "LabLocalAttention";
  return tf.tidy(() => {
    const y = hasKernel(kernel)
      ? fusedAttention(kernel, qkv, settings)
      : composedAttention(qkv, settings);
    const seeing = window === Infinity ? undefined : tokensWithKeys(settings);
    return seeing
      ? tf.mul(y, tensorOf(Float32Array.from(seeing), [seeing.length, 1]))
      : y;
  });
}

/** How far a token sees: infinitely far where the longest text is within it. */
function windowOf({ offsets, window = Infinity }: AttentionOptions): number {
  if (window !== Infinity && !(Number.isInteger(window) && window >= 0)) {
    throw new RangeError(
      `Cannot attend: expected a window of 0 or more places, got ${window}`,
    );
  }
  let longest = 0;
  for (let text = 0; text + 1 < offsets.length; text++) {
    longest = Math.max(longest, offsets[text + 1]! - offsets[text]!);
  }
  return longest - 1 <= window ? Infinity : window;
}

/** The engine's own kernel and gradient. */
function fusedAttention(
  kernel: "LabAttention" | "LabLocalAttention",
  qkv: Tensor,
  settings: Settings,
): Tensor {
  const attributes = { ...settings };
  return runFused({
    kernel,
    inputs: { qkv },
    attributes,
    save: ([, ...rest]) => [qkv, ...rest],
    // An engine may keep more than the probabilities, or other things instead.
    gradient: (dy, [qkv, probabilities, sums, state]) =>
      runKernel(`${kernel}Grad`, {
        dy,
        qkv: qkv!,
        probabilities: probabilities!,
        ...(sums && { sums }),
        ...(state && { state }),
      }, attributes),
  });
}

/** The same from plain operations, one rectangle of equal lengths at a time. */
function composedAttention(qkv: Tensor, settings: Settings): Tensor {
  return tf.tidy(() => {
    const parts = lengthGroups(settings.offsets).map((group) =>
      attendGroup(qkv, group, settings)
    );
    return parts.length === 1 ? parts[0]! : tf.concat(parts, 0);
  });
}

/** Attention inside `count` texts of one length. */
function attendGroup(
  qkv: Tensor,
  group: LengthGroup,
  { attend, heads, scale, window }: Settings,
): Tensor {
  const { count, length, start } = group;
  const width = qkv.shape[1]! / 3 / heads;
  const rows = tf.slice(qkv, [start, 0], [count * length, -1]);
  const apart = tf.transpose(
    tf.reshape(rows, [count, length, 3, heads, width]),
    [2, 0, 3, 1, 4],
  );
  const [q, k, v] = [0, 1, 2].map((part) =>
    tf.reshape(tf.slice(apart, [part, 0, 0, 0, 0], [1, -1, -1, -1, -1]), [
      count * heads,
      length,
      width,
    ])
  ) as [Tensor, Tensor, Tensor];
  const logits = tf.mul(matrixProduct(q, swapLastAxes(k)), scalarOf(scale));
  const kept = attend.subarray(start, start + count * length);
  const p = tf.softmax(
    length - 1 > window
      ? hideDistant(logits, kept, { ...group, window })
      : hideUnattended(logits, kept, group),
  );
  const mixed = tf.reshape(matrixProduct(p, v), [count, heads, length, width]);
  return tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [count * length, -1]);
}

/** Sets the logits of unattended keys to minus infinity. */
function hideUnattended(
  logits: Tensor,
  kept: Uint8Array,
  { count, length }: LengthGroup,
): Tensor {
  if (kept.every((flag) => flag !== 0)) return logits;
  return hide(logits, kept, [count, 1, 1, length]);
}

/** Sets the logits of keys outside of each token's window to minus infinity too. */
function hideDistant(
  logits: Tensor,
  kept: Uint8Array,
  { count, length, window }: LengthGroup & { readonly window: number },
): Tensor {
  const seen = new Uint8Array(count * length * length);
  for (let text = 0; text < count; text++) {
    const attend = kept.subarray(text * length, (text + 1) * length);
    seen.set(attentionWindow({ attend, window }), text * length * length);
  }
  return hide(logits, seen, [count, 1, length, length]);
}

/** Sets logits to minus infinity where a flag is 0; flags are repeated over heads. */
function hide(
  logits: Tensor,
  seen: Uint8Array,
  shape: readonly [number, 1, number, number],
): Tensor {
  const [count, , , length] = shape;
  const heads = logits.shape[0]! / count;
  const flags = tensorOf(seen, shape, "bool");
  const hidden = tf.where(
    flags,
    tf.reshape(logits, [count, heads, length, length]),
    scalarOf(-Infinity),
  );
  return tf.reshape(hidden, logits.shape);
}

/** Refuses shapes that do not fit. */
function checkShapes(
  qkv: Tensor,
  { offsets, attend, heads }: AttentionOptions,
): void {
  const tokens = qkv.shape[0]!;
  const fits = qkv.rank === 2 && qkv.shape[1]! % (3 * heads) === 0 &&
    attend.length === tokens && offsets[0] === 0 &&
    offsets[offsets.length - 1] === tokens;
  if (fits) return;
  throw new ShapeError(
    "attend",
    `qkv [tokens, 3 x ${heads} heads x width], attend [tokens], offsets from 0 to tokens`,
    `qkv [${qkv.shape}], attend [${attend.length}], offsets from ${
      offsets[0]
    } to ${offsets[offsets.length - 1]}`,
  );
}

/** Refuses a text nobody could look at. */
function checkAttended(offsets: Int32Array, attend: Uint8Array): void {
  for (let text = 0; text + 1 < offsets.length; text++) {
    let position = offsets[text]!;
    while (position < offsets[text + 1]! && attend[position] === 0) position++;
    if (position < offsets[text + 1]!) continue;
    throw new RangeError(
      `Cannot attend: expected at least one attended token in text ${text}, got none of ${
        offsets[text + 1]! - offsets[text]!
      } tokens`,
    );
  }
}
