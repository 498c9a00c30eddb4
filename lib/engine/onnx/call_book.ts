/**
 * Makes calls at once, or notes them as chains that are then performed side by
 * side.
 *
 * @module
 */
import { type Argument, type Target, writeCall } from "./calls.ts";
import { BROKEN, MOST_CHAINS, type Team } from "./team.ts";

/** Where calls are made. */
export interface CallBook {
  /** Performs a call, or notes it when inside `together`. */
  readonly call: (
    target: Target,
    inputs: readonly Argument[],
    outputs: readonly Argument[],
  ) => void;
  /** Whether calls are being noted. */
  readonly isNoting: () => boolean;
  /**
   * Notes the calls of chains, then performs the chains side by side, each in
   * its order. No chain may read what another writes.
   */
  readonly together: (chains: number, note: (chain: number) => void) => void;
}

/** Numbers read by calls that are not worth waking a thread for. */
const SMALL = 1 << 19;

/**
 * Opens the book of a team.
 *
 * @param team Who performs.
 * @param check Turns a bad status into an error.
 * @returns Where calls are made.
 */
export function openCallBook(
  team: Team,
  check: (status: bigint) => void,
): CallBook {
  const { words, starts } = team.shared;
  const state = { isNoting: false, chains: 0, end: 0, size: 0 };
  const note = (...[target, inputs, outputs]: Parameters<CallBook["call"]>) => {
    state.end = writeCall(words, state.end, { target, inputs, outputs });
    for (const { shape } of inputs) {
      state.size += shape.reduce((product, length) => product * length, 1);
    }
    if (state.end <= words.length) return;
    throw new RangeError(
      `Cannot note a call: expected at most ${words.length} words in a chain, got ${state.end}`,
    );
  };
  const forget = () => Object.assign(state, { chains: 0, end: 0, size: 0 });
  const perform = () => {
    const { chains, end, size } = state;
    starts[chains] = end;
    forget();
    const isWorth = chains > 1 && size > SMALL;
    const status = isWorth ? team.together(chains) : team.alone(end);
    if (status !== BROKEN) return check(status);
    throw new RangeError(
      "Cannot compute on several threads: expected all chains done, got an exception in one",
    );
  };
  return {
    isNoting: () => state.isNoting,
    call(target, inputs, outputs) {
      note(target, inputs, outputs);
      if (!state.isNoting) perform();
    },
    together(chains, noteChain) {
      state.isNoting = true;
      try {
        for (let chain = 0; chain < chains; chain++) {
          starts[state.chains++] = state.end;
          noteChain(chain);
          const isFull = state.end > words.length / 2 ||
            state.chains === MOST_CHAINS;
          if (isFull) perform();
        }
        if (state.chains > 0) perform();
      } finally {
        state.isNoting = false;
        forget();
      }
    },
  };
}
