import { type Parameters, type Tensor, tf } from "../engine/tensor.ts";
import { freshCopy } from "./fresh_copy.ts";

/**
 * Makes zeros for every parameter and slot: the memory before the first step.
 *
 * @param parameters They stay alive.
 * @param slots Names of the slots.
 * @returns New tensors by `slot/parameter`.
 */
export function zeroMemory(
  parameters: Parameters,
  slots: readonly string[],
): Parameters {
  return slotMemory(parameters, slots, (x) => tf.fill(x.shape, 0));
}

/**
 * Copies every parameter into every slot: the sequences of a schedule-free
 * optimiser before the first step.
 *
 * @param parameters They stay alive.
 * @param slots Names of the slots.
 * @returns New tensors by `slot/parameter`.
 */
export function copiedMemory(
  parameters: Parameters,
  slots: readonly string[],
): Parameters {
  return slotMemory(parameters, slots, freshCopy);
}

/** One tensor for every parameter and slot. */
function slotMemory(
  parameters: Parameters,
  slots: readonly string[],
  make: (x: Tensor) => Tensor,
): Parameters {
  return Object.fromEntries(
    slots.flatMap((slot) =>
      Object.entries(parameters).map((
        [name, x],
      ) => [`${slot}/${name}`, make(x)])
    ),
  );
}
