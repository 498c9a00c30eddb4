import { ShapeError } from "../../num/shape_error.ts";
import type { Tensor } from "../tensor.ts";
import type { MaxSimOptions } from "./max_sim.ts";

/**
 * Refuses operands of MaxSim that do not fit, naming the text at fault.
 *
 * @param queries `[queryTokens, dim]`.
 * @param documents `[documentTokens, dim]`.
 * @param options Texts, masks and ways.
 * @throws {ShapeError} If shapes, lengths or ways do not fit.
 * @throws {RangeError} If a text keeps no token.
 */
export function checkMaxSim(
  queries: Tensor,
  documents: Tensor,
  options: MaxSimOptions,
): void {
  const { queryOffsets, documentOffsets, ways } = options;
  if (queries.rank !== 2 || queries.shape[1] !== documents.shape[1]) {
    throw new ShapeError(
      "score by MaxSim",
      "queries [tokens, dim] and documents [tokens, dim] of one dim",
      `queries [${queries.shape}] and documents [${documents.shape}]`,
    );
  }
  checkSide("query", queries, [queryOffsets, options.queryKeep]);
  checkSide("document", documents, [documentOffsets, options.documentKeep]);
  const [count, meant] = [documentOffsets.length - 1, queryOffsets.length - 1];
  if (ways !== undefined && count !== meant * ways) {
    throw new ShapeError(
      "score by MaxSim",
      `${meant} queries x ${ways} ways = ${meant * ways} documents`,
      `${count} documents`,
    );
  }
}

/** Refuses one side whose arrays do not fit or that has a text without a kept token. */
function checkSide(
  side: "query" | "document",
  values: Tensor,
  [offsets, keep]: readonly [Int32Array, Uint8Array],
): void {
  const tokens = values.shape[0]!;
  const last = offsets[offsets.length - 1];
  if (keep.length !== tokens || last !== tokens || offsets[0] !== 0) {
    throw new ShapeError(
      "score by MaxSim",
      `${side} offsets from 0 to ${tokens} and ${tokens} flags`,
      `offsets from ${offsets[0]} to ${last} and ${keep.length} flags`,
    );
  }
  for (let text = 0; text + 1 < offsets.length; text++) {
    let at = offsets[text]!;
    while (at < offsets[text + 1]! && keep[at] === 0) at++;
    if (at < offsets[text + 1]!) continue;
    throw new RangeError(
      `Cannot score by MaxSim: expected at least one kept token in ${side} ${text}, got none of ${
        offsets[text + 1]! - offsets[text]!
      } tokens`,
    );
  }
}
