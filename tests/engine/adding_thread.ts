/**
 * The program of a thread that adds two numbers that it was handed, and wakes who
 * waits for the sum.
 *
 * @module
 */
import { threadData } from "#lib/engine/foreign.ts";

const { numbers, words, more, absent } = threadData() as {
  readonly numbers: Int32Array;
  readonly words: BigUint64Array;
  readonly more: { readonly by: number };
  readonly absent: null;
};
if (absent === null) words[0] = words.at(-1)! + BigInt(more.by);
Atomics.store(numbers, 0, 1);
Atomics.notify(numbers, 0);
