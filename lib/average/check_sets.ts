import type { Parameters } from "../engine/tensor.ts";
import { ShapeError } from "../num/shape_error.ts";

/**
 * Checks that parameter sets have the same names and shapes.
 *
 * Only models of one architecture can be averaged, and only those that share an
 * initialisation should be: averages are not invariant to permuted neurons.
 *
 * @param sets At least one.
 * @param action What is being done, for the message.
 * @returns The names.
 * @throws {RangeError} If there is no set.
 * @throws {ShapeError} If two sets differ, naming the first difference.
 */
export function checkSets(
  sets: readonly Parameters[],
  action: string,
): readonly string[] {
  const [first, ...rest] = sets;
  if (!first) {
    throw new RangeError(
      `Cannot ${action}: expected at least one parameter set, got none`,
    );
  }
  rest.forEach((set, i) => checkLike(first, set, `${action} (set ${i + 1})`));
  return Object.keys(first);
}

/** Refuses the first name or shape that the two sets do not share. */
function checkLike(
  first: Parameters,
  other: Parameters,
  action: string,
): void {
  for (const [name, tensor] of Object.entries(first)) {
    const shape = other[name] ? `[${other[name].shape}]` : "none";
    if (shape !== `[${tensor.shape}]`) {
      throw new ShapeError(action, `${name} [${tensor.shape}]`, shape);
    }
  }
  const stray = Object.keys(other).find((name) => !(name in first));
  if (stray !== undefined) {
    throw new ShapeError(action, `no ${stray}`, `[${other[stray]!.shape}]`);
  }
}
