import { ShapeError } from "../num/shape_error.ts";
import type { PackedTokens } from "./packed_tokens.ts";

/** One text's tokens, before packing. */
export interface TokenRow {
  /** Vocabulary ids, `[tokens]`. */
  readonly ids: readonly number[];
  /** What scoring counts, `[tokens]`. Default: all. */
  readonly keep?: readonly boolean[];
  /** What may be a key in attention, `[tokens]`. Default: all. */
  readonly attend?: readonly boolean[];
  /** Segment of each token, `[tokens]`. Default: 0. */
  readonly segment?: readonly number[];
}

/**
 * Lays the tokens of many texts end to end.
 *
 * Cost: one copy.
 *
 * @param rows The texts; at least one, each of at least one token.
 * @returns The batch, its texts in the given order.
 * @throws {ShapeError} If there is no text, or a text has no token.
 *
 * @example Usage
 * ```ts
 * import { packRows } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const packed = packRows([{ ids: [7, 8] }, { ids: [9], keep: [false] }]);
 * assertEquals([...packed.offsets], [0, 2, 3]);
 * assertEquals([...packed.keep], [1, 1, 0]);
 * ```
 */
export function packRows(rows: readonly TokenRow[]): PackedTokens {
  if (rows.length === 0) {
    throw new ShapeError("pack texts", "at least one text", "none");
  }
  const offsets = new Int32Array(rows.length + 1);
  rows.forEach(({ ids }, text) => {
    if (ids.length === 0) {
      throw new ShapeError(`pack text ${text}`, "at least one token", "none");
    }
    offsets[text + 1] = offsets[text]! + ids.length;
  });
  const packed = empty(offsets);
  rows.forEach(({ ids, keep, attend, segment }, text) => {
    const start = offsets[text]!;
    for (let i = 0; i < ids.length; i++) {
      packed.ids[start + i] = ids[i]!;
      packed.segment[start + i] = segment?.[i] ?? 0;
      packed.keep[start + i] = Number(keep?.[i] ?? true);
      packed.attend[start + i] = Number(attend?.[i] ?? true);
    }
  });
  return packed;
}

/**
 * Joins batches: the texts of the first, then those of the second, and so on.
 *
 * @param batches At least one batch.
 * @returns One batch with all their texts.
 * @throws {ShapeError} If there is no batch.
 *
 * @example Usage
 * ```ts
 * import { packRows, packTexts } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const both = packTexts([packRows([{ ids: [7, 8] }]), packRows([{ ids: [9] }])]);
 * assertEquals([...both.ids], [7, 8, 9]);
 * assertEquals([...both.offsets], [0, 2, 3]);
 * ```
 */
export function packTexts(batches: readonly PackedTokens[]): PackedTokens {
  if (batches.length === 0) {
    throw new ShapeError("join batches", "at least one batch", "none");
  }
  const sizes = batches.flatMap((batch) => [...lengths(batch)]);
  const packed = empty(starts(sizes));
  let start = 0;
  for (const batch of batches) {
    copy(batch, { from: 0, to: batch.ids.length, packed, at: start });
    start += batch.ids.length;
  }
  return packed;
}

/**
 * Takes the texts of a batch in another order, some of them, or some twice.
 *
 * @param packed The batch.
 * @param order Which text comes at each place, `[texts of the result]`.
 * @returns A new batch; text `i` of it is text `order[i]` of `packed`.
 * @throws {RangeError} If a place names no text.
 *
 * @example Usage
 * ```ts
 * import { packRows, reorder } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const packed = packRows([{ ids: [7, 8] }, { ids: [9] }]);
 * assertEquals([...reorder(packed, [1, 0]).ids], [9, 7, 8]);
 * ```
 */
export function reorder(
  packed: PackedTokens,
  order: ArrayLike<number>,
): PackedTokens {
  const size = lengths(packed);
  const places = Array.from(order);
  if (places.length === 0) {
    throw new ShapeError("reorder texts", "at least one text", "none");
  }
  const result = empty(starts(places.map((text) => {
    const length = size[text];
    if (length !== undefined) return length;
    throw new RangeError(
      `Cannot reorder texts: expected indices from 0 to ${
        size.length - 1
      }, got ${text}`,
    );
  })));
  places.forEach((text, i) => {
    const [from, to] = [packed.offsets[text]!, packed.offsets[text + 1]!];
    copy(packed, { from, to, packed: result, at: result.offsets[i]! });
  });
  return result;
}

/**
 * Counts the tokens of every text.
 *
 * @param packed A batch, or only its `offsets [texts + 1]`.
 * @returns Tokens of each text, `[texts]`.
 *
 * @example Usage
 * ```ts
 * import { lengths } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([...lengths({ offsets: Int32Array.of(0, 2, 3) })], [2, 1]);
 * ```
 */
export function lengths(
  { offsets }: { readonly offsets: Int32Array },
): Int32Array {
  return offsets.slice(1).map((end, text) => end - offsets[text]!);
}

/** Running sums of lengths, from 0. */
function starts(sizes: readonly number[]): Int32Array {
  const offsets = new Int32Array(sizes.length + 1);
  sizes.forEach((size, text) => offsets[text + 1] = offsets[text]! + size);
  return offsets;
}

/** A batch of zeros with these offsets. */
function empty(offsets: Int32Array): PackedTokens {
  const tokens = offsets.at(-1) ?? 0;
  return {
    ids: new Int32Array(tokens),
    offsets,
    segment: new Uint8Array(tokens),
    keep: new Uint8Array(tokens),
    attend: new Uint8Array(tokens),
  };
}

/** Copies a stretch of tokens from one batch into another. */
function copy(source: PackedTokens, { from, to, packed, at }: {
  readonly from: number;
  readonly to: number;
  readonly packed: PackedTokens;
  readonly at: number;
}): void {
  for (const name of ["ids", "segment", "keep", "attend"] as const) {
    packed[name].set(source[name].subarray(from, to), at);
  }
}
