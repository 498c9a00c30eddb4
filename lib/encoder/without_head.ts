import { unitNorm } from "../engine/ops/unit_norm.ts";
import { tf } from "../engine/tensor.ts";
import type { Encoder } from "./encoder.ts";

/**
 * An encoder as it was before any head was added: its token states, scaled to
 * unit length, are the vectors. This is what an untrained model is measured by.
 *
 * @param encoder The encoder whose head is left out.
 * @returns An encoder of the states.
 */
export function withoutHead(encoder: Encoder): Encoder {
  return {
    ...encoder,
    dim: encoder.hidden,
    encode: (tokens, parameters, options) => {
      const states = encoder.tokenStates(tokens, parameters, options);
      const values = tf.tidy(() => unitNorm(states.values));
      states.values.dispose();
      return { ...states, values };
    },
  };
}
