import { ShapeError } from "../num/shape_error.ts";
import type { Stream } from "../num/stream.ts";

/** Which documents of a query are compared, in which order they are read. */
export interface DocumentPairs {
  /** How many documents there are. */
  readonly documents: number;
  /** The document that is asked about, `[pairs]`. */
  readonly first: Int32Array;
  /** The other one, `[pairs]`. */
  readonly second: Int32Array;
}

/** Probabilities that the first document of each pair is the more relevant. */
export interface Preferences extends DocumentPairs {
  /** `[pairs]`, each from 0 to 1. */
  readonly probabilities: ArrayLike<number>;
}

/** How a document's comparisons become its score. */
export type PreferenceScore = "sum" | "binary" | "min" | "max";

/** Which comparisons are made; all of them by default. */
export interface SampledPairs {
  /** Opponents of each document, from 1 to one less than the documents. */
  readonly opponents: number;
  /** Where they are drawn from. */
  readonly stream: Stream;
}

/**
 * Lists the comparisons of a query's documents: each against every other, in both orders,
 * or against some drawn without replacement.
 *
 * Cost: `documents * (documents - 1)` pairs, or `documents * opponents`.
 * Random: one sample a document, of the stream given.
 * Source: Nogueira et al. 2019 (Multi-Stage Document Ranking with BERT), the section on duoBERT.
 *
 * @param documents How many there are, at least 2.
 * @param sampled How many opponents each has, where not all.
 * @returns The pairs, all of the first document first.
 * @throws {RangeError} If there are too few documents, or there are not so many opponents.
 *
 * @example Usage
 * ```ts
 * import { documentPairs } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const { first, second } = documentPairs(3);
 * assertEquals([...first], [0, 0, 1, 1, 2, 2]);
 * assertEquals([...second], [1, 2, 0, 2, 0, 1]);
 * ```
 */
export function documentPairs(
  documents: number,
  sampled?: SampledPairs,
): DocumentPairs {
  if (!Number.isInteger(documents) || documents < 2) {
    throw new RangeError(
      `Cannot compare documents: expected at least 2, got ${documents}`,
    );
  }
  const { opponents = documents - 1, stream } = sampled ?? {};
  const most = documents - 1;
  if (!Number.isInteger(opponents) || opponents < 1 || opponents > most) {
    throw new RangeError(
      `Cannot compare ${documents} documents: expected from 1 to ${most} opponents, got ${opponents}`,
    );
  }
  const places = Array.from({ length: documents }, (_, place) => place);
  const second = places.flatMap((place) => {
    const others = places.filter((other) => other !== place);
    return stream?.sample(others, opponents) ?? others;
  });
  return {
    documents,
    first: Int32Array.from(second, (_, pair) => Math.floor(pair / opponents)),
    second: Int32Array.from(second),
  };
}

/**
 * Turns comparisons of a query's documents into one score a document.
 *
 *     p_ij = P(document i is more relevant than j)
 *     sum:    s_i = sum over j of p_ij
 *     binary: s_i = number of j with p_ij > 0.5
 *     min:    s_i = min over j of p_ij
 *     max:    s_i = max over j of p_ij
 *
 * `j` runs over the comparisons in which `i` is the first document; those in which it is
 * the second are not looked at, as `p_ji` need not be `1 - p_ij`. The paper's SAMPLE is the
 * sum over sampled pairs.
 *
 * Range: `[0, comparisons of i]` for `sum` and `binary`, `[0, 1]` for the others. A
 * probability that is NaN makes its document's score NaN.
 * Source: Nogueira et al. 2019 (Multi-Stage Document Ranking with BERT), the section on duoBERT; the
 * released code has the sum only.
 *
 * @param preferences The comparisons.
 * @param how Which score. Default `sum`.
 * @returns `[documents]`.
 * @throws {ShapeError} If the arrays differ in length.
 * @throws {RangeError} If a probability lies outside of 0 to 1, or a document is the first
 * of no pair; it is named.
 *
 * @example Usage
 * ```ts
 * import { documentPairs, preferenceScores } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const pairs = documentPairs(2);
 * assertEquals(preferenceScores({ ...pairs, probabilities: [0.75, 0.5] }), [0.75, 0.5]);
 * ```
 */
export function preferenceScores(
  preferences: Preferences,
  how: PreferenceScore = "sum",
): number[] {
  const own = comparisonsOf(preferences);
  return own.map((probabilities) => {
    switch (how) {
      case "sum":
        return total(probabilities);
      case "binary":
        return total(probabilities.map((p) => p > 0.5 ? 1 : p <= 0.5 ? 0 : p));
      case "min":
        return Math.min(...probabilities);
      case "max":
        return Math.max(...probabilities);
    }
  });
}

/** The probabilities of each document, as the first of a pair. */
function comparisonsOf(
  { documents, first, second, probabilities }: Preferences,
): number[][] {
  if (first.length !== probabilities.length || first.length !== second.length) {
    throw new ShapeError(
      "score preferences",
      "first, second, probabilities [pairs]",
      `[${first.length}], [${second.length}], [${probabilities.length}]`,
    );
  }
  const own = Array.from({ length: documents }, () => [] as number[]);
  first.forEach((document, pair) => {
    const probability = probabilities[pair]!;
    if (probability < 0 || probability > 1) {
      throw new RangeError(
        `Cannot score preferences: expected a probability from 0 to 1, got ${probability} ` +
          `for documents ${document} and ${second[pair]}`,
      );
    }
    own[document]!.push(probability);
  });
  const alone = own.findIndex((probabilities) => probabilities.length === 0);
  if (alone < 0) return own;
  throw new RangeError(
    `Cannot score preferences: expected a comparison of every document, got none of document ${alone}`,
  );
}

/** The sum. */
function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
