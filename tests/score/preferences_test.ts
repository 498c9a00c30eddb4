import { assert, assertEquals, assertThrows } from "@std/assert";
import { ShapeError } from "#lib/num/shape_error.ts";
import { stream } from "#lib/num/stream.ts";
import {
  documentPairs,
  type Preferences,
  type PreferenceScore,
  preferenceScores,
} from "#lib/score/preferences.ts";

/** Comparisons of all documents with random probabilities. */
function randomPreferences(documents: number, seed: number): Preferences {
  const pairs = documentPairs(documents);
  const { next } = stream(seed, "preferences");
  return { ...pairs, probabilities: Array.from(pairs.first, () => next()) };
}

/** The matrix of the paper; the diagonal is NaN. */
function matrixOf({ documents, first, second, probabilities }: Preferences) {
  const p = Array.from(
    { length: documents },
    () => new Array<number>(documents).fill(NaN),
  );
  first.forEach((i, pair) => p[i]![second[pair]!] = probabilities[pair]!);
  return p;
}

/** The definitions, with loops over the matrix. */
const DEFINITIONS: Readonly<
  Record<PreferenceScore, (own: readonly number[]) => number>
> = {
  sum: (own) => {
    let score = 0;
    for (const p of own) score += p;
    return score;
  },
  binary: (own) => own.filter((p) => p > 0.5).length,
  min: (own) => own.toSorted((a, b) => a - b)[0]!,
  max: (own) => own.toSorted((a, b) => b - a)[0]!,
};

Deno.test("preferenceScores() gives a case worked by hand", () => {
  const pairs = documentPairs(3);
  const probabilities = [0.5, 0.875, 0.625, 0.75, 0.125, 0.25];
  const score = (how?: PreferenceScore) =>
    preferenceScores({ ...pairs, probabilities }, how);
  assertEquals(score(), [1.375, 1.375, 0.375]);
  assertEquals(score("sum"), score());
  // 0.5 is not more than a half.
  assertEquals(score("binary"), [1, 2, 0]);
  assertEquals(score("min"), [0.5, 0.625, 0.125]);
  assertEquals(score("max"), [0.875, 0.75, 0.25]);
});

for (const how of ["sum", "binary", "min", "max"] as const) {
  Deno.test(`preferenceScores() is the definition of ${how}, in any order of pairs`, () => {
    for (const documents of [2, 3, 9]) {
      const preferences = randomPreferences(documents, documents);
      const expected = matrixOf(preferences).map((row, i) =>
        DEFINITIONS[how](row.filter((_, j) => j !== i))
      );
      assertEquals(preferenceScores(preferences, how), expected);
      const { first, second, probabilities } = preferences;
      const order = [...first.keys()].reverse();
      const turned = preferenceScores({
        documents,
        first: Int32Array.from(order, (pair) => first[pair]!),
        second: Int32Array.from(order, (pair) => second[pair]!),
        probabilities: order.map((pair) => probabilities[pair]!),
      }, how);
      turned.forEach((score, i) =>
        assert(Math.abs(score - expected[i]!) < 1e-14 * documents)
      );
    }
  });

  Deno.test(`preferenceScores() keeps NaN visible in ${how}`, () => {
    const pairs = documentPairs(3);
    const probabilities = [NaN, 0.9, 0.1, 0.2, 0.3, 0.4];
    const scores = preferenceScores({ ...pairs, probabilities }, how);
    assertEquals(scores.map(Number.isNaN), [true, false, false]);
  });
}

Deno.test("documentPairs() draws other opponents for each document, none twice, by the stream alone", () => {
  const sampled = () =>
    documentPairs(9, { opponents: 4, stream: stream(3, "opponents") });
  const { first, second } = sampled();
  assertEquals(sampled().second, second);
  assertEquals(first.length, 36);
  const drawn = Array.from(
    { length: 9 },
    (_, i) => [...second].filter((_, pair) => first[pair] === i),
  );
  drawn.forEach((own, i) => {
    assertEquals(new Set(own).size, 4);
    assert(own.every((other) => other !== i && other >= 0 && other < 9));
  });
  assert(new Set(drawn.map(String)).size > 1);
  const all = documentPairs(4, { opponents: 3, stream: stream(1, "all") });
  assertEquals(all.first, documentPairs(4).first);
  assertEquals([...all.second].sort(), [...documentPairs(4).second].sort());
});

Deno.test("preferenceScores() of sampled pairs is SAMPLE: the sum over those drawn", () => {
  const pairs = documentPairs(5, { opponents: 2, stream: stream(5, "some") });
  const whole = randomPreferences(5, 8);
  const p = matrixOf(whole);
  const probabilities = Array.from(
    pairs.first,
    (i, pair) => p[i]![pairs.second[pair]!]!,
  );
  const expected = p.map((row, i) =>
    [...pairs.second].filter((_, pair) => pairs.first[pair] === i)
      .reduce((sum, j) => sum + row[j]!, 0)
  );
  assertEquals(preferenceScores({ ...pairs, probabilities }), expected);
});

Deno.test("documentPairs() and preferenceScores() refuse what compares nothing", () => {
  for (const documents of [1, 0, -1, 2.5, NaN]) {
    assertThrows(
      () => documentPairs(documents),
      RangeError,
      `Cannot compare documents: expected at least 2, got ${documents}`,
    );
  }
  for (const opponents of [0, 4, 1.5, NaN]) {
    assertThrows(
      () => documentPairs(4, { opponents, stream: stream(1, "x") }),
      RangeError,
      `expected from 1 to 3 opponents, got ${opponents}`,
    );
  }
  const pairs = documentPairs(3);
  const given = (probabilities: number[]) => () =>
    preferenceScores({ ...pairs, probabilities });
  assertThrows(given([0.5]), ShapeError, "got [6], [6], [1]");
  assertThrows(
    given([0.5, 0.5, 0.5, 1.5, 0.5, 0.5]),
    RangeError,
    "expected a probability from 0 to 1, got 1.5 for documents 1 and 2",
  );
  assertThrows(given([0.5, -3, 0.5, 0.5, 0.5, 0.5]), RangeError, "got -3");
  assertThrows(
    () =>
      preferenceScores({
        ...documentPairs(2),
        documents: 3,
        probabilities: [0, 1],
      }),
    RangeError,
    "expected a comparison of every document, got none of document 2",
  );
});
