import { quantile } from "../../num/quantile.ts";

/** What one turn of a system took. */
export interface Turn {
  /** Of the work that is timed. */
  readonly seconds: number;
  /** A training step's loss before the step, nats. */
  readonly loss?: number;
}

/** Anything that takes turns. */
export interface Contestant {
  /** Takes the next turn. */
  take(): Turn | Promise<Turn>;
}

/** What is reported of a system. */
export interface SystemResult {
  /** Median over the turns that count. */
  readonly medianSeconds: number;
  /** Tokens of a turn, padding not counted, by the median. */
  readonly tokensPerSecond: number;
  /** The most memory its process has held. */
  readonly peakMemoryBytes: number;
  /**
   * From the start of its process to the end of its first turn; ours by Deno's own
   * clock, which begins some hundredths of a second later, and with the texts' reading.
   */
  readonly startSeconds?: number;
  /** Of every turn, the first one too. */
  readonly seconds: readonly number[];
  /** Of every turn, where it trains. */
  readonly losses?: readonly number[];
}

/**
 * Lets every system take its turns in turn, so that the machine's moods meet
 * them alike.
 *
 * @param systems Whatever takes turns.
 * @param options Turns of each; a signal that stops between two.
 * @returns Their turns, `[systems][turns]`.
 */
export async function takeTurns<T extends readonly Contestant[]>(
  systems: T,
  { turns, signal }: {
    readonly turns: number;
    readonly signal: AbortSignal | undefined;
  },
): Promise<Turn[][]> {
  const taken = systems.map((): Turn[] => []);
  for (let turn = 0; turn < turns; turn++) {
    for (const [i, system] of systems.entries()) {
      signal?.throwIfAborted();
      taken[i]!.push(await system.take());
    }
  }
  return taken;
}

/**
 * Puts together what is known of a system; its first turn warms up and does not
 * count where there are more.
 *
 * @param turns All of them.
 * @param options Tokens of a turn, memory, and the seconds to the first turn's end.
 * @returns The result.
 */
export function systemResult(
  turns: readonly Turn[],
  { tokens, peakMemoryBytes, startSeconds }: {
    readonly tokens: number;
    readonly peakMemoryBytes: number;
    readonly startSeconds: number;
  },
): SystemResult {
  const seconds = turns.map((turn) => turn.seconds);
  const losses = turns.flatMap(({ loss }) => loss === undefined ? [] : [loss]);
  const medianSeconds = quantile(
    seconds.length > 1 ? seconds.slice(1) : seconds,
    0.5,
  );
  return {
    medianSeconds,
    tokensPerSecond: tokens / medianSeconds,
    peakMemoryBytes,
    startSeconds,
    seconds,
    ...(losses.length > 0 && { losses }),
  };
}
