import type { Parameters } from "../engine/tensor.ts";
import { ShapeError } from "../num/shape_error.ts";
import type { PackedTokens } from "../text/packed_tokens.ts";
import type { Dropout } from "./encoder.ts";

/**
 * Refuses a batch that an encoder cannot take.
 *
 * @param tokens The batch.
 * @param limits Longest text, and the dropout whose `texts` must fit the batch.
 * @throws {ShapeError} If the arrays do not fit each other.
 * @throws {RangeError} If a text is empty or too long; its index is named.
 */
export function checkTokens(
  { ids, offsets, segment, keep, attend }: PackedTokens,
  { maxTokens, dropout }: {
    readonly maxTokens: number;
    readonly dropout?: Dropout;
  },
): void {
  const texts = offsets.length - 1;
  const fits = texts >= 1 && offsets[0] === 0 &&
    offsets[texts] === ids.length &&
    [segment, keep, attend].every((array) => array.length === ids.length);
  if (!fits) {
    throw new ShapeError(
      "encode texts",
      "offsets from 0 to tokens, and ids, segment, keep, attend [tokens]",
      `offsets from ${offsets[0]} to ${offsets[texts]}, ids [${ids.length}], ` +
        `segment [${segment.length}], keep [${keep.length}], attend [${attend.length}]`,
    );
  }
  for (let text = 0; text < texts; text++) {
    const length = offsets[text + 1]! - offsets[text]!;
    if (length >= 1 && length <= maxTokens) continue;
    throw new RangeError(
      `Cannot encode text ${text}: expected 1 to ${maxTokens} tokens, got ${length}`,
    );
  }
  if (dropout !== undefined && dropout.texts.length !== texts) {
    throw new ShapeError(
      "drop features",
      `one batch index for each of ${texts} texts`,
      `${dropout.texts.length}`,
    );
  }
}

/**
 * Refuses parameters that are missing or of another shape.
 *
 * @param parameters Weights by name; more than asked for is fine.
 * @param shapes What must be there.
 * @throws {ShapeError} If one does not fit; it is named.
 */
export function checkParameters(
  parameters: Parameters,
  shapes: Readonly<Record<string, readonly number[]>>,
): void {
  for (const [name, shape] of Object.entries(shapes)) {
    const got = parameters[name]?.shape;
    if (
      got !== undefined && got.length === shape.length &&
      shape.every((n, i) => n === got[i])
    ) continue;
    throw new ShapeError(
      "encode texts",
      `parameter "${name}" [${shape.join(", ")}]`,
      got === undefined ? "none" : `[${got.join(", ")}]`,
    );
  }
}
