/**
 * Pooled memory whose address is known: what tensors of the `onnx` engine and
 * the ONNX Runtime both see, so that nothing is ever copied between them.
 *
 * @module
 */
import { type Address, addressOf } from "../foreign.ts";

/** Bytes from a pool: `buffer` from `offset` on, at `address`. */
export interface Block {
  /** The array buffer that holds the bytes; never resized. */
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
  /** Bytes in blocks that are taken, and in blocks waiting to be taken. */
  readonly usage: () => { readonly taken: number; readonly waiting: number };
}

const ALIGNMENT = 64;
const SMALLEST = 256;

/**
 * Rounds a size up to its class: four classes to a doubling, so that batches
 * of slightly different lengths reuse each other's memory.
 *
 * Range: at most 25 % more than asked for, above 256 bytes.
 */
export function sizeClass(bytes: number): number {
  if (bytes <= SMALLEST) return SMALLEST;
  const step = 2 ** (Math.floor(Math.log2(bytes - 1)) - 2);
  return Math.ceil(bytes / step) * step;
}

/**
 * Makes a pool.
 *
 * Blocks that wait are freed, those of the class used longest ago first, before
 * a new one would make the whole larger than a quarter above the most that was
 * ever in use at a time. Steps of equal shapes therefore make no block after the
 * first, and steps of ever new shapes do not pile up. Where the system has no
 * memory for a new block, all that wait are freed first.
 *
 * Cost: a taken block costs a few operations when one of its class waits;
 * else it is made, and the system clears it page by page as it is touched.
 *
 * @param options.spare Bytes that may wait in any case; default 64 MB.
 * @returns The pool.
 */
export function createMemory(
  { spare = 64 * 2 ** 20 }: { readonly spare?: number } = {},
): Memory {
  // A Map is in order of insertion: the class used last is moved to its end.
  const waiting = new Map<number, Block[]>();
  const usage = { taken: 0, waiting: 0 };
  let most = 0;
  const freeOldest = (limit: number) => {
    for (const [size, blocks] of waiting) {
      while (usage.taken + usage.waiting > limit && blocks.length > 0) {
        usage.waiting -= size;
        blocks.pop()!.buffer.transfer(0);
      }
      if (blocks.length > 0) return;
      waiting.delete(size);
    }
  };
  const made = (size: number): Block => {
    const inUse = Math.max(most, usage.taken + size);
    freeOldest(Math.max(1.25 * inUse, inUse + spare) - size);
    try {
      return newBlock(size);
    } catch {
      freeOldest(0);
      return newBlock(size);
    }
  };
  return {
    take(bytes) {
      const size = sizeClass(bytes);
      const old = waiting.get(size)?.pop();
      if (old !== undefined) usage.waiting -= size;
      const block = old ?? made(size);
      usage.taken += size;
      most = Math.max(most, usage.taken);
      return block;
    },
    give(block) {
      const size = block.capacity;
      const blocks = waiting.get(size) ?? [];
      waiting.delete(size);
      waiting.set(size, blocks);
      blocks.push(block);
      usage.taken -= size;
      usage.waiting += size;
    },
    usage: () => ({ ...usage }),
  };
}

/** Makes a block outside the pool's free ones. */
function newBlock(capacity: number): Block {
  const buffer = newBuffer(capacity + ALIGNMENT);
  const start = addressOf(buffer);
  const offset = Number(-start & BigInt(ALIGNMENT - 1));
  return { buffer, offset, address: start + BigInt(offset), capacity };
}

/** Asks the system for memory. */
function newBuffer(bytes: number): ArrayBuffer {
  try {
    return new ArrayBuffer(bytes);
  } catch (error) {
    throw new RangeError(
      `Cannot make a tensor on engine onnx: expected ${bytes} bytes of memory, got ${
        (error as Error).message
      }`,
    );
  }
}
