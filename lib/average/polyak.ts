import {
  type Parameters,
  scalarOf,
  type Tensor,
  tf,
} from "../engine/tensor.ts";
import { freshCopies } from "../optim/fresh_copy.ts";
import { checkSets } from "./check_sets.ts";
import type { EmaState } from "./ema.ts";

/** A running plain mean. */
export interface Polyak {
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
   * The mean of all sets so far.
   *
   * @param state It stays alive.
   * @returns New tensors; the caller disposes them.
   */
  readout(state: EmaState): Parameters;
}

/**
 * Polyak-Ruppert averaging: the plain mean of all iterates, kept while training.
 *
 *     mean = mean + (parameters - mean) / count
 *
 * It gives early iterates as much weight as late ones; begin it when the loss has
 * settled. Schedule-free optimisation with `beta1: 0` is this mean with the
 * learning rate's weights.
 *
 * Cost: one tensor a parameter.
 * Source: Polyak and Juditsky 1992.
 *
 * @returns The mean's rule.
 *
 * @example Usage
 * ```ts
 * import { polyak, read, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const mean = polyak();
 * let state = mean.update(mean.init(), { w: tensorOf([3], [1]) });
 * state = mean.update(state, { w: tensorOf([6], [1]) });
 * assertAlmostEquals(read(mean.readout(state)["w"]!)[0]!, 4.5, 1e-12);
 * ```
 */
export function polyak(): Polyak {
  return {
    init: () => ({ count: 0, tensors: {} }),
    update: ({ count, tensors }, parameters) => {
      if (count === 0) return { count: 1, tensors: freshCopies(parameters) };
      const names = checkSets([tensors, parameters], "average over time");
      const next = Object.fromEntries(
        names.map((name) => [
          name,
          nearer(tensors[name]!, parameters[name]!, 1 / (count + 1)),
        ]),
      );
      tf.dispose({ ...tensors });
      return { count: count + 1, tensors: next };
    },
    readout: ({ count, tensors }) => {
      checkSets(count > 0 ? [tensors] : [], "read the average");
      return freshCopies(tensors);
    },
  };
}

/** A tensor moved a share of the way to another. */
function nearer(from: Tensor, to: Tensor, share: number): Tensor {
  return tf.tidy(() => tf.add(from, tf.mul(tf.sub(to, from), scalarOf(share))));
}
