/**
 * Pooled memory whose address is known: what our tensors and a foreign library both
 * see, so that nothing is ever copied between them.
 *
 * @module
 */
import { type Address, addressOf } from "./foreign.ts";

/** Bytes from a pool: `buffer` from `offset` on, at `address`. */
export interface Block {
  /** The array buffer that holds the bytes, and those of other blocks; never resized. */
  readonly buffer: ArrayBuffer;
  /** Where in the buffer the aligned bytes start. */
  readonly offset: number;
  /** Where in memory they start, a multiple of 64. */
  readonly address: Address;
  /** How many bytes may be used, at least what was asked for. */
  readonly capacity: number;
}

/** A pool of blocks. */
export interface Memory {
  /** Takes a block of at least so many bytes; its contents are arbitrary. */
  readonly take: (bytes: number) => Block;
  /** Gives a block back; nobody may use it afterwards. */
  readonly give: (block: Block) => void;
  /** Bytes that are taken, and bytes that were and wait to be taken again. */
  readonly usage: () => { readonly taken: number; readonly waiting: number };
}

/** How a pool behaves. */
export interface MemoryOptions {
  /** Bytes that may wait in any case. Default 64 MB. */
  readonly spare?: number;
  /** Bytes asked of the system at a time, at least; what is not taken costs nothing. Default 128 MB. */
  readonly slab?: number;
}

const ALIGNMENT = 64;
const MB = 2 ** 20;

/** Consecutive free bytes of a slab, from the first up to the last. */
interface Gap {
  from: number;
  to: number;
}

/** Memory that blocks are cut from. */
interface Slab {
  readonly buffer: ArrayBuffer;
  /** Where in the buffer the first block may start. */
  readonly offset: number;
  readonly address: Address;
  readonly size: number;
  /** What is free, in order; no two touch. */
  readonly gaps: Gap[];
  /** How far blocks have ever reached: memory behind that was never touched. */
  reached: number;
}

/**
 * Makes a pool: blocks lie side by side in slabs, each in the lowest gap that has room
 * for it.
 *
 * What one step leaves free another one fills, whatever the sizes: blocks of many
 * lengths take hardly more memory than is ever in use at a time, where a list of free
 * blocks for each size held a third more.
 *
 * Slabs of which nothing is taken are freed before a new one would make the whole larger
 * than a quarter above the most that was ever in use at a time, and where the system
 * has no memory for a new one.
 *
 * Cost: a look at each gap below, some hundred at most; a new slab is cleared by the
 * system page by page as it is touched.
 * Source: Knuth 1997, section 2.5 (first fit).
 *
 * @param options How much may wait, and is asked for.
 * @returns The pool.
 */
export function createMemory(
  { spare = 64 * MB, slab: least = 128 * MB }: MemoryOptions = {},
): Memory {
  const slabs: Slab[] = [];
  let [taken, most] = [0, 0];
  const held = () => slabs.reduce((sum, { reached }) => sum + reached, 0);
  const freeIdle = (limit: number) => {
    for (const slab of slabs.filter(isIdle)) {
      if (held() <= limit) return;
      slabs.splice(slabs.indexOf(slab), 1);
      slab.buffer.transfer(0);
    }
  };
  const added = (size: number): Block => {
    const inUse = Math.max(most, taken + size);
    freeIdle(Math.max(1.25 * inUse, inUse + spare) - size);
    const slab = newSlab(Math.max(size, least)) ??
      (freeIdle(-1), newSlab(size));
    if (!slab) throw noMemory(size);
    slabs.push(slab);
    return cutFrom(slab, size)!;
  };
  return {
    take(bytes) {
      const size = Math.ceil(Math.max(bytes, 1) / ALIGNMENT) * ALIGNMENT;
      let block: Block | undefined;
      for (let i = 0; !block && i < slabs.length; i++) {
        block = cutFrom(slabs[i]!, size);
      }
      block ??= added(size);
      taken += size;
      most = Math.max(most, taken);
      return block;
    },
    give(block) {
      const slab = slabs.find(({ buffer }) => buffer === block.buffer)!;
      const from = block.offset - slab.offset;
      putBack(slab.gaps, { from, to: from + block.capacity });
      taken -= block.capacity;
    },
    usage: () => ({ taken, waiting: held() - taken }),
  };
}

/** Whether nothing of a slab is taken. */
function isIdle({ gaps: [first], size }: Slab): boolean {
  return first !== undefined && first.to - first.from === size;
}

/** A block from the lowest gap with room for it. */
function cutFrom(slab: Slab, capacity: number): Block | undefined {
  const { buffer, gaps, address, offset } = slab;
  for (let i = 0; i < gaps.length; i++) {
    const gap = gaps[i]!;
    if (gap.to - gap.from < capacity) continue;
    const { from } = gap;
    gap.from += capacity;
    if (gap.from === gap.to) gaps.splice(i, 1);
    slab.reached = Math.max(slab.reached, from + capacity);
    return {
      buffer,
      offset: offset + from,
      address: address + BigInt(from),
      capacity,
    };
  }
}

/** Makes bytes free again, in one gap with the free ones on either side. */
function putBack(gaps: Gap[], { from, to }: Gap): void {
  let next = gaps.findIndex((gap) => gap.from >= to);
  if (next < 0) next = gaps.length;
  const [before, after] = [gaps[next - 1], gaps[next]];
  const isBehind = before?.to === from;
  if (after?.from === to) {
    after.from = isBehind ? before!.from : from;
    if (isBehind) gaps.splice(next - 1, 1);
  } else if (isBehind) before!.to = to;
  else gaps.splice(next, 0, { from, to });
}

/** Asks the system for memory. */
function newSlab(size: number): Slab | undefined {
  let buffer: ArrayBuffer;
  try {
    buffer = new ArrayBuffer(size + ALIGNMENT);
  } catch {
    return undefined;
  }
  const start = addressOf(buffer);
  const offset = Number(-start & BigInt(ALIGNMENT - 1));
  const address = start + BigInt(offset);
  const gaps = [{ from: 0, to: size }];
  return { buffer, offset, address, size, gaps, reached: 0 };
}

/** The error where there is none. */
function noMemory(bytes: number): RangeError {
  return new RangeError(
    `Cannot make a tensor: expected ${bytes} bytes of memory, got none; take less at a time`,
  );
}
