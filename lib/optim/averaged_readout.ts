import {
  type Parameters,
  scalarOf,
  type Tensor,
  tf,
} from "../engine/tensor.ts";
import { ShapeError } from "../num/shape_error.ts";
import type { OptimizerState } from "./optimizer.ts";

/**
 * The average `x` of a schedule-free state that stores `y` and `z`.
 *
 *     x = y + (1 - 1 / beta) (z - y)
 *
 * This is `y = (1 - beta) z + beta x` solved for `x`; it is what is evaluated and
 * saved. A checkpoint of `y` is a worse model that looks right.
 *
 * Source: `AdamWScheduleFree.eval()` of schedulefree 1.4.
 *
 * @param parameters `y`; they stay alive.
 * @param state Holds `z/parameter`; it stays alive.
 * @param beta Share of the average in `y`, above 0.
 * @returns New tensors.
 * @throws {ShapeError} If the state has no `z` of a parameter.
 */
export function averagedReadout(
  parameters: Parameters,
  state: OptimizerState,
  beta: number,
): Parameters {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, y]) => {
      const z = state.tensors[`z/${name}`];
      if (!z) throw new ShapeError("read the average", `z/${name}`, "none");
      return [name, averageOf(y, z, beta)];
    }),
  );
}

/** One parameter's average. */
function averageOf(y: Tensor, z: Tensor, beta: number): Tensor {
  return tf.tidy(() => tf.add(y, tf.mul(tf.sub(z, y), scalarOf(1 - 1 / beta))));
}
