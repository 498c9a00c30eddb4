import { scalarOf, type Tensor, tensorOf, tf } from "../engine/tensor.ts";
import type { TokenVectors } from "../encoder/encoder.ts";
import { ShapeError } from "../num/shape_error.ts";
import { countingTokens } from "./counting_tokens.ts";

/** Settings of {@linkcode smoothMaxScores}. */
export interface SmoothMaxOptions {
  /** How soft the maximum is, greater than 0. Default 0.1. */
  readonly temperature?: number;
  /** Documents of each query; absent: every query meets every document. */
  readonly ways?: number | undefined;
}

/**
 * MaxSim with a soft maximum: every document token gets some of the gradient, the
 * better ones more.
 *
 *     score = sum over kept q of temperature * log sum over kept d of exp(<q, d> / temperature)
 *
 * It is at least MaxSim and at most `temperature * log(documentTokens)` a query
 * token above it, so longer documents score higher for their length alone; with a
 * temperature towards 0 it becomes MaxSim.
 *
 * Cost: holds the similarities of one document with all queries it meets.
 * Source: the `use_smooth_max` of ColPali's late-interaction losses.
 *
 * @param queries Token vectors of the queries.
 * @param documents Token vectors of the documents, of the same length.
 * @param options Temperature and ways.
 * @returns `[queries, documents]`, or `[queries, ways]`; the caller disposes it.
 * @throws {RangeError} If the temperature is not greater than 0, or a text has no
 * counting token, naming it.
 * @throws {ShapeError} If the documents are not `queries * ways`.
 *
 * @example Usage
 * ```ts
 * import { read, smoothMaxScores, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const text = (...values: number[]) => ({
 *   values: tensorOf(values, [values.length, 1]),
 *   offsets: new Int32Array([0, values.length]),
 *   keep: new Uint8Array(values.length).fill(1),
 * });
 * const score = read(smoothMaxScores(text(1), text(3, 3), { temperature: 0.5 }))[0]!;
 * assertAlmostEquals(score, 3 + 0.5 * Math.log(2), 1e-12);
 * ```
 */
export function smoothMaxScores(
  queries: TokenVectors,
  documents: TokenVectors,
  options: SmoothMaxOptions = {},
): Tensor {
  const { temperature = 0.1, ways } = options;
  if (!(temperature > 0 && temperature < Infinity)) {
    throw new RangeError(
      `Cannot score documents: expected a temperature greater than 0, got ${temperature}`,
    );
  }
  const query = countingTokens(queries, "score query");
  const document = countingTokens(documents, "score document");
  checkWays(query.length, document.length, ways);
  return tf.tidy(() => {
    const columns = document.map((rows, index) => {
      const met = ways === undefined
        ? query
        : [query[Math.floor(index / ways)]!];
      const q = rowsOf(queries.values, met.flat());
      const similar = tf.matMul(q, rowsOf(documents.values, rows), false, true);
      return softBests(similar, met, temperature);
    });
    return ways === undefined
      ? tf.transpose(tf.stack(columns))
      : tf.reshape(tf.concat(columns), [query.length, ways]);
  });
}

/** Scores of one document, `[queries it meets]`. */
function softBests(
  similar: Tensor,
  met: readonly (readonly number[])[],
  temperature: number,
): Tensor {
  const t = scalarOf(temperature);
  const bests = tf.mul(tf.logSumExp(tf.div(similar, t), 1), t);
  const owners = met.flatMap((rows, query) => rows.map(() => query));
  return tf.unsortedSegmentSum(
    bests,
    tensorOf(owners, [owners.length], "int32") as tf.Tensor1D,
    met.length,
  );
}

/** Some rows of a matrix. */
function rowsOf(values: Tensor, rows: readonly number[]): tf.Tensor2D {
  return tf.gather(values, tensorOf(rows, [rows.length], "int32")) as never;
}

/** Refuses documents that are not `ways` a query. */
function checkWays(
  queries: number,
  documents: number,
  ways: number | undefined,
): void {
  if (ways !== undefined && documents !== queries * ways) {
    throw new ShapeError(
      "score documents",
      `${queries * ways} documents for ${ways} ways`,
      `${documents}`,
    );
  }
}
