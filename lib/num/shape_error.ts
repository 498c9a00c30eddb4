/**
 * Two shapes, lengths or kinds that must fit and do not.
 *
 * @example Usage
 * ```ts
 * import { ShapeError } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const error = new ShapeError("multiply", "[2, 3] by [3, 4]", "[2, 3] by [2, 4]");
 * assertEquals(
 *   error.message,
 *   "Cannot multiply: expected [2, 3] by [3, 4], got [2, 3] by [2, 4]",
 * );
 * ```
 */
export class ShapeError extends TypeError {
  /** Always `ShapeError`. */
  override readonly name = "ShapeError";

  /**
   * Says what could not be done, what would have fitted, and what came.
   *
   * @param action What could not be done, a verb phrase.
   * @param expected The shape, length or kind that fits.
   * @param got What was given.
   */
  constructor(action: string, readonly expected: string, readonly got: string) {
    super(`Cannot ${action}: expected ${expected}, got ${got}`);
  }
}
