/**
 * Threads that perform calls of ONNX Runtime side by side.
 *
 * ONNX Runtime's own threads share every single operator, and meet after each.
 * Ours take whole chains of calls (some rows, a text) and meet once a kernel:
 * intermediate results stay near the core that made them, and a core that is
 * taken away for a moment holds up less.
 *
 * Which thread performs a chain never changes a result.
 *
 * @module
 */
import { startThread } from "../foreign.ts";
import {
  type CallAddresses,
  createPerformer,
  type Performer,
} from "./calls.ts";

/** What the threads share, beside the words. */
export interface Shared {
  readonly addresses: CallAddresses;
  /** Calls, as words; see `calls.ts`. */
  readonly words: BigUint64Array<SharedArrayBuffer>;
  /** The first word of each chain, and the end of the last. */
  readonly starts: Int32Array<SharedArrayBuffer>;
  readonly control: Int32Array<SharedArrayBuffer>;
  /** The first bad status, 0 for none. */
  readonly failure: BigUint64Array<SharedArrayBuffer>;
}

/** Places in `control`. */
export const PLACE = {
  /** Round in the high 16 bits, next chain in the low ones. */
  next: 0,
  /** Round, and number of chains, in the same way. */
  total: 1,
  /** Chains that are done. */
  done: 2,
  /** Counts rounds; threads sleep on it. */
  wake: 3,
} as const;

/** Chains that a round may have; beyond it are tickets that idle threads draw. */
export const MOST_CHAINS = 1 << 15;

const MOST_WORDS = 1 << 21;

/** The status of a chain that ended in an exception of ours. */
export const BROKEN = 2n ** 64n - 1n;

/** Makes what the threads share. */
export function createShared(addresses: CallAddresses): Shared {
  const bytes = (size: number) => new SharedArrayBuffer(size);
  return {
    addresses,
    words: new BigUint64Array(bytes(8 * MOST_WORDS)),
    starts: new Int32Array(bytes(4 * (MOST_CHAINS + 1))),
    control: new Int32Array(bytes(64)),
    failure: new BigUint64Array(bytes(64)),
  };
}

/**
 * Takes chains of the round as long as there are any, and performs them.
 *
 * @param shared What the threads share.
 * @param performer This thread's.
 */
export function takeChains(shared: Shared, { perform }: Performer): void {
  const { control, starts, failure } = shared;
  for (;;) {
    const ticket = Atomics.add(control, PLACE.next, 1);
    const total = Atomics.load(control, PLACE.total);
    const chain = ticket & 0xffff;
    // A ticket of an older round is worth nothing.
    if (ticket >>> 16 !== total >>> 16 || chain >= (total & 0xffff)) return;
    let status = BROKEN;
    try {
      status = perform(starts[chain]!, starts[chain + 1]!);
    } finally {
      // Whatever happens, nobody may wait for this chain for ever.
      if (status !== 0n) Atomics.compareExchange(failure, 0, 0n, status);
      const done = Atomics.add(control, PLACE.done, 1) + 1;
      if (done === (total & 0xffff)) Atomics.notify(control, PLACE.done);
    }
  }
}

/** The threads, seen from the one that gives the work. */
export interface Team {
  readonly shared: Shared;
  /** Performs the calls before a word, on this thread alone. */
  readonly alone: (end: number) => bigint;
  /** Performs chains on all threads; 0, or a bad status. */
  readonly together: (chains: number) => bigint;
}

/** Rounds before threads are started: short programs never need them. */
const PATIENCE = 8;

/** Looks at "done" that are made before going to sleep: some microseconds. */
const LOOKS = 2000;

/**
 * Makes a team; its other threads are started when there is work for them.
 *
 * @param addresses The functions of a call.
 * @param threads How many threads, this one included.
 * @returns The team.
 */
export function createTeam(addresses: CallAddresses, threads: number): Team {
  const shared = createShared(addresses);
  const { control, failure } = shared;
  const performer = createPerformer(addresses, shared.words);
  let round = 0;
  return {
    shared,
    alone: (end) => performer.perform(0, end),
    together(chains) {
      if (++round === PATIENCE) startThreads(shared, threads - 1);
      const tag = (round & 0x7fff) << 16;
      failure[0] = 0n;
      Atomics.store(control, PLACE.done, 0);
      Atomics.store(control, PLACE.total, tag | chains);
      Atomics.store(control, PLACE.next, tag);
      Atomics.add(control, PLACE.wake, 1);
      Atomics.notify(control, PLACE.wake);
      takeChains(shared, performer);
      awaitDone(control, chains);
      return failure[0]!;
    },
  };
}

/** Waits until all chains are done. */
function awaitDone(control: Int32Array<SharedArrayBuffer>, chains: number) {
  for (let look = 0; look < LOOKS; look++) {
    if (Atomics.load(control, PLACE.done) === chains) return;
  }
  let done = Atomics.load(control, PLACE.done);
  while (done !== chains) {
    Atomics.wait(control, PLACE.done, done);
    done = Atomics.load(control, PLACE.done);
  }
}

/** The program of the threads. */
export const PROGRAM = new URL("./team_thread.ts", import.meta.url);

/** Starts threads that wait for rounds. */
function startThreads(shared: Shared, count: number): void {
  for (let i = 0; i < count; i++) startThread(PROGRAM, shared);
}
