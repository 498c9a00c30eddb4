/**
 * Dropout masks as bytes, remembered from the forward to the backward pass.
 *
 * @module
 */
import { hash32 } from "../num/hash.ts";
import { type Block, createMemory } from "./memory.ts";

/** What a mask depends on. */
export interface MaskPlace {
  /** Probability of a zero, `(0, 1)`. */
  readonly rate: number;
  /** One key a row. */
  readonly rowKeys: Uint32Array;
  /** Which dropout of the network. */
  readonly site: number;
  /** Features a row. */
  readonly n: number;
}

/** A mask, and the keys it was made of, should somebody overwrite theirs. */
interface Remembered extends MaskPlace {
  readonly keys: Uint32Array;
  readonly block: Block;
}

/** Bytes of masks that are remembered; the oldest are forgotten first. */
const LIMIT = 128 * 2 ** 20;

const memory = createMemory();
const masks: Remembered[] = [];

/**
 * Gives the mask of a place: one byte a feature, 1 where it is kept.
 *
 * The bits are those of `dropoutMask` in the operation `dropout`.
 *
 * Cost: about 2 ns a feature when new, nothing when remembered.
 *
 * @param place Rate, keys, site and width.
 * @returns Its bytes, valid until the next call.
 */
export function maskOf(place: MaskPlace): Block {
  const at = masks.findLastIndex((known) => isSame(known, place));
  if (at >= 0) return masks[at]!.block;
  const size = place.rowKeys.length * place.n;
  forget(size);
  const block = memory.take(size);
  drawMask(new Uint8Array(block.buffer, block.offset, size), place);
  masks.push({ ...place, keys: place.rowKeys.slice(), block });
  return block;
}

/** Whether a remembered mask is that of a place. */
function isSame(known: Remembered, place: MaskPlace): boolean {
  return known.rowKeys === place.rowKeys && known.site === place.site &&
    known.rate === place.rate && known.n === place.n &&
    known.keys.every((key, i) => key === place.rowKeys[i]);
}

/** Makes room for one more mask. */
function forget(size: number): void {
  while (masks.length > 0 && memory.usage().taken + size > LIMIT) {
    memory.give(masks.shift()!.block);
  }
}

/** Draws a mask: 16 bits a feature, two features a hash. */
function drawMask(mask: Uint8Array<ArrayBuffer>, place: MaskPlace): void {
  const { rate, rowKeys, site, n } = place;
  const threshold = Math.round(rate * 65536);
  if (n % 2 === 0) {
    const pairs = new Uint16Array(
      mask.buffer,
      mask.byteOffset,
      mask.length / 2,
    );
    return drawPairs(pairs, place, threshold);
  }
  for (let row = 0; row < rowKeys.length; row++) {
    const key = hash32(rowKeys[row]!, site);
    for (let feature = 0; feature < n; feature++) {
      const bits = hash32(key, feature >>> 1);
      const half = (feature & 1) === 0 ? bits & 0xffff : bits >>> 16;
      mask[row * n + feature] = isAtLeast(half, threshold);
    }
  }
}

/** The same for rows of whole pairs, two bytes at a time. */
function drawPairs(
  mask: Uint16Array,
  { rowKeys, site, n }: MaskPlace,
  threshold: number,
): void {
  let at = 0;
  for (let row = 0; row < rowKeys.length; row++) {
    const key = hash32(rowKeys[row]!, site);
    for (let pair = 0; pair < n / 2; pair++) {
      const bits = hash32(key, pair);
      mask[at++] = isAtLeast(bits & 0xffff, threshold) |
        (isAtLeast(bits >>> 16, threshold) << 8);
    }
  }
}

/** 1 or 0, without a branch that the processor would guess wrong. */
function isAtLeast(value: number, threshold: number): number {
  return ((value - threshold) >> 31) + 1;
}
