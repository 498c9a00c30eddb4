import { ShapeError } from "../num/shape_error.ts";

/** Settings of {@linkcode falseNegatives}. */
export interface FalseNegativesOptions {
  /** Documents of each query, its positive first. Default 1. */
  readonly ways?: number;
}

/**
 * Finds the documents of a batch that are no negatives of a query: its known
 * positives, and copies of its own positive.
 *
 * Query i's own positive (column `i * ways`) is never excluded. In a batch drawn
 * from a collection with several positives a query, an in-batch loss without this
 * pushes right answers away.
 *
 * Cost: `queries * queries * ways` look-ups.
 *
 * @param documents Id of each document of the batch, query-major, `[queries * ways]`.
 * @param positives Ids of each query's known positives, `[queries]`.
 * @param options Ways.
 * @returns 1 where excluded, `[queries * queries * ways]`.
 * @throws {ShapeError} If there are not `queries * ways` documents.
 *
 * @example Usage
 * ```ts
 * import { falseNegatives } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const exclude = falseNegatives(["a", "b"], [new Set(["a", "b"]), new Set(["b"])]);
 * assertEquals([...exclude], [0, 1, 0, 0]); // "b" also answers the first query
 * ```
 */
export function falseNegatives(
  documents: readonly string[],
  positives: readonly ReadonlySet<string>[],
  options: FalseNegativesOptions = {},
): Uint8Array {
  const { ways = 1 } = options;
  const columns = documents.length;
  if (columns !== positives.length * ways) {
    throw new ShapeError(
      "find false negatives",
      `${positives.length * ways} documents`,
      `${columns}`,
    );
  }
  const exclude = new Uint8Array(positives.length * columns);
  positives.forEach((known, query) => {
    const own = query * ways;
    documents.forEach((document, column) => {
      const isPositive = known.has(document) || document === documents[own];
      if (column !== own && isPositive) exclude[query * columns + column] = 1;
    });
  });
  return exclude;
}
