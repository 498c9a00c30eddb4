import { unitNorm } from "../engine/ops/unit_norm.ts";
import { tf } from "../engine/tensor.ts";
import type { Encoder } from "./encoder.ts";

/**
 * An encoder as it was before any head was added: its token states, scaled to
 * unit length, are the vectors. This is what an untrained model is measured by.
 *
 * @param encoder The encoder whose head is left out.
 * @returns An encoder of the states.
 *
 * @example Usage
 * ```ts
 * import { embedding, encoderOf, packRows, read, tensorOf, useEngine, withoutHead } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const encoder = encoderOf({
 *   hidden: 2,
 *   maxTokens: 8,
 *   shapes: { word: [2, 2] },
 *   states: (tokens, { word }) => embedding(word!, tokens.ids),
 * }, { dim: 128 });
 * const word = tensorOf([1, 0, 3, 4], [2, 2]);
 * const { values } = withoutHead(encoder).encode(packRows([{ ids: [1] }]), { word });
 * assertEquals([...read(values)], [3 / 5, 4 / 5]);
 * ```
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
