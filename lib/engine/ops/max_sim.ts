import type { Tensor } from "../tensor.ts";
import { hasKernel, runFused, runKernel } from "./fused.ts";
import { checkMaxSim } from "./max_sim_check.ts";
import { composedMaxSim } from "./max_sim_composition.ts";

/** Settings of {@linkcode maxSim}. */
export interface MaxSimOptions {
  /** Where each query begins, `[queries + 1]`. */
  readonly queryOffsets: Int32Array;
  /** Where each document begins, `[documents + 1]`. */
  readonly documentOffsets: Int32Array;
  /** 1 where a query token counts, `[queryTokens]`. */
  readonly queryKeep: Uint8Array;
  /** 1 where a document token counts, `[documentTokens]`. */
  readonly documentKeep: Uint8Array;
  /** Documents a query: query `i` meets documents `i ways` to `i ways + ways - 1`; absent for all. */
  readonly ways?: number | undefined;
}

/**
 * Scores documents against queries: every kept query token takes its best kept
 * document token, and the bests are added up.
 *
 *     score = sum over kept q of max over kept d of <query[q], document[d]>
 *
 * A dropped token never wins, also where all kept similarities are negative; a
 * dropped query token is left out of the sum. Of equal bests the first token
 * wins, and it alone gets the gradient. The block `[queries, documents, query
 * tokens, document tokens]` is never built, forward or backward.
 *
 * Range: `[-query tokens, query tokens]` for unit rows.
 * Cost: `query tokens x document tokens x dim` multiplications.
 * Source: Khattab and Zaharia 2020, section 3.3, equation 3.
 *
 * @param queries `[queryTokens, dim]`.
 * @param documents `[documentTokens, dim]`, of the same `dim`.
 * @param options Texts, masks and ways.
 * @returns `[queries, documents]`, or `[queries, ways]`.
 * @throws {ShapeError} If the two `dim`, a mask's length or the number of documents do not fit.
 * @throws {RangeError} If a text keeps no token.
 *
 * @example Usage
 * ```ts
 * import { maxSim, read, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const scores = maxSim(tensorOf([1, 0, 0, 1], [2, 2]), tensorOf([3, 1, -1, -2], [2, 2]), {
 *   queryOffsets: Int32Array.of(0, 2),
 *   documentOffsets: Int32Array.of(0, 1, 2),
 *   queryKeep: Uint8Array.of(1, 1),
 *   documentKeep: Uint8Array.of(1, 1),
 * });
 * assertEquals([...read(scores)], [3 + 1, -1 - 2]);
 * ```
 */
export function maxSim(
  queries: Tensor,
  documents: Tensor,
  options: MaxSimOptions,
): Tensor {
  checkMaxSim(queries, documents, options);
  if (!hasKernel("LabMaxSim")) {
    return composedMaxSim(queries, documents, options);
  }
  const attributes = { ...options };
  return runFused({
    kernel: "LabMaxSim",
    inputs: { queries, documents },
    attributes,
    save: ([, winners]) => [queries, documents, winners!],
    gradient: (dscores, [queries, documents, winners]) =>
      runKernel("LabMaxSimGrad", {
        dscores,
        queries: queries!,
        documents: documents!,
        winners: winners!,
      }, attributes),
  });
}
