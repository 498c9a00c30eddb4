import {
  type Parameters,
  scalarOf,
  type Tensor,
  tf,
} from "../engine/tensor.ts";
import { checkSets } from "./check_sets.ts";

/** A running mean of parameter sets, ready to be saved. */
export interface EmaState {
  /** Sets taken in so far. */
  readonly count: number;
  /** The uncorrected mean, by parameter; empty before the first. */
  readonly tensors: Parameters;
}

/** An exponential moving average. */
export interface Ema {
  /** The state before the first set. */
  init(): EmaState;
  /**
   * Takes one more set in.
   *
   * @param state Consumed.
   * @param parameters The set; it stays alive.
   * @returns The new state.
   */
  update(state: EmaState, parameters: Parameters): EmaState;
  /**
   * The average.
   *
   * @param state It stays alive.
   * @returns New tensors; the caller disposes them.
   */
  readout(state: EmaState): Parameters;
}

/** Settings of {@linkcode ema}. */
export interface EmaSettings {
  /** Share of the old mean that each update keeps, `[0, 1)`. Default 0.999. */
  readonly decay?: number;
  /** Whether the start at zero is corrected for. Default true. */
  readonly isCorrected?: boolean;
}

/**
 * An exponential moving average of parameters.
 *
 *     mean = decay mean + (1 - decay) parameters          from zeros
 *     readout = mean / (1 - decay^count)
 *
 * With the correction the read-out after one update is that set itself. Without
 * it the mean begins at the first set instead of at zeros, which gives that set a
 * weight of `decay^(count - 1)`: long training hides it, short training does not.
 *
 * Cost: one tensor a parameter.
 *
 * @param settings Decay and correction.
 * @returns The average's rule.
 * @throws {RangeError} If the decay is not from 0 and below 1.
 *
 * @example Usage
 * ```ts
 * import { ema, read, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const average = ema({ decay: 0.5 });
 * let state = average.update(average.init(), { w: tensorOf([3], [1]) });
 * state = average.update(state, { w: tensorOf([6], [1]) });
 * const mean = read(average.readout(state)["w"]!)[0]!;
 * assertAlmostEquals(mean, (0.25 * 3 + 0.5 * 6) / 0.75, 1e-12);
 * ```
 */
export function ema(settings: EmaSettings = {}): Ema {
  const { decay = 0.999, isCorrected = true } = settings;
  if (!(decay >= 0 && decay < 1)) {
    throw new RangeError(
      `Cannot average over time: expected a decay from 0 and below 1, got ${decay}`,
    );
  }
  return {
    init: () => ({ count: 0, tensors: {} }),
    update: (state, parameters) => {
      const isFirst = state.count === 0;
      if (!isFirst) checkSets([state.tensors, parameters], "average over time");
      const kept = isFirst ? 0 : decay;
      const fresh = isFirst && !isCorrected ? 1 : 1 - decay;
      const tensors = eachTensor(
        parameters,
        (x, name) => blend([state.tensors[name] ?? x, kept], [x, fresh]),
      );
      tf.dispose({ ...state.tensors });
      return { count: state.count + 1, tensors };
    },
    readout: ({ count, tensors }) => {
      checkSets(count > 0 ? [tensors] : [], "read the average");
      const share = isCorrected ? 1 - decay ** count : 1;
      return eachTensor(
        tensors,
        (x) => tf.tidy(() => tf.div(x, scalarOf(share))),
      );
    },
  };
}

/** One tensor a name. */
function eachTensor(
  parameters: Parameters,
  make: (x: Tensor, name: string) => Tensor,
): Parameters {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, x]) => [name, make(x, name)]),
  );
}

/** Weighted sum of two tensors; a weight of 0 leaves its tensor out. */
function blend(
  [old, kept]: readonly [Tensor, number],
  [x, fresh]: readonly [Tensor, number],
): Tensor {
  return tf.tidy(() => {
    const part = tf.mul(x, scalarOf(fresh));
    return kept === 0 ? part : tf.add(tf.mul(old, scalarOf(kept)), part);
  });
}
