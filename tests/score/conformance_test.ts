/**
 * What every way to score and to pool must do, whichever it is.
 *
 * @module
 */
import "#tests/support/permitted.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import type { TokenVectors } from "#lib/encoder/encoder.ts";
import {
  read,
  type Tensor,
  tensorOf,
  tf,
  valueAndGradients,
} from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { clsPool } from "#lib/score/cls_pool.ts";
import { dotScores } from "#lib/score/dot_scores.ts";
import { maxSimScores } from "#lib/score/max_sim_scores.ts";
import { meanPool } from "#lib/score/mean_pool.ts";
import { smoothMaxScores } from "#lib/score/smooth_max_scores.ts";
import { tctPool } from "#lib/score/tct_pool.ts";
import { wardPool } from "#lib/score/ward_pool.ts";
import { xtrScores } from "#lib/score/xtr_scores.ts";
import fixture from "../fixtures/score/max_sim.json" with { type: "json" };
import { sideOf } from "./fixture_texts.ts";
import { joined, texts, textsOf } from "./some_texts.ts";

/** A way to score, for all of them. */
type Scorer = (queries: TokenVectors, documents: TokenVectors) => Tensor;

/** A way to score, and which promises it makes. */
interface Entry {
  readonly score: Scorer;
  /** Documents of each query, where it meets its own only. */
  readonly ways?: number;
  /** Whether a score depends on other texts of the batch. */
  readonly mixes?: boolean;
  /** Whether all tokens of a text take part, whatever is to be kept. */
  readonly takesAll?: boolean;
  /** Whether a text's first token has a part of its own. */
  readonly firstIsOwn?: boolean;
  /** Whether similarities are squared, which 1e30 is too much for. */
  readonly squares?: boolean;
}

const pooled = (pool: (side: TokenVectors) => Tensor): Scorer => (q, d) =>
  tf.tidy(() => dotScores(pool(q), pool(d)));

const SCORERS: Readonly<Record<string, Entry>> = {
  "maxSimScores": { score: maxSimScores },
  "maxSimScores, ways": {
    score: (q, d) => maxSimScores(q, d, { ways: 2 }),
    ways: 2,
  },
  "maxSimScores, mean": {
    score: (q, d) => maxSimScores(q, d, { reduction: "mean" }),
  },
  "maxSimScores, cosine": {
    score: (q, d) => maxSimScores(q, d, { similarity: "cosine" }),
    squares: true,
  },
  "maxSimScores, distance": {
    score: (q, d) =>
      maxSimScores(q, d, { similarity: "negative-squared-distance" }),
    squares: true,
  },
  "smoothMaxScores": {
    score: (q, d) => smoothMaxScores(q, d, { temperature: 0.3 }),
  },
  "smoothMaxScores, ways": {
    score: (q, d) => smoothMaxScores(q, d, { ways: 2 }),
    ways: 2,
  },
  "xtrScores": { score: (q, d) => xtrScores(q, d, { k: 4 }), mixes: true },
  "dotScores of meanPool": { score: pooled(meanPool) },
  "dotScores of clsPool": {
    score: pooled(clsPool),
    takesAll: true,
    firstIsOwn: true,
  },
  "dotScores of tctPool": {
    score: pooled((side) => tctPool(side, { skip: 0 })),
    takesAll: true,
  },
  "maxSimScores of wardPool": {
    score: (q, d) => tf.tidy(() => maxSimScores(q, wardPool(d))),
    firstIsOwn: true,
  },
};

/** Scores as plain numbers. */
const numbersOf = (score: Scorer, q: TokenVectors, d: TokenVectors) => [
  ...read(score(q, d)),
];

for (const [name, entry] of Object.entries(SCORERS)) {
  const { score, ways, mixes, takesAll, firstIsOwn, squares } = entry;

  Deno.test(`${name} has the gradient that finite differences give`, async () => {
    await useEngine("reference");
    assertSlopes(score);
  });

  // XTR retrieves from the whole batch: other texts are its point.
  if (!mixes) {
    Deno.test(`${name} of a batch is that of every pair by itself`, async () => {
      await useEngine("reference");
      const [queries, documents] = [texts(1, 3), texts(2, 6)];
      const all = numbersOf(score, queries, documents);
      const [each, met] = [textsOf(queries), textsOf(documents)];
      const alone = ways === undefined
        ? each.flatMap((q) => met.map((d) => numbersOf(score, q, d)[0]!))
        : each.flatMap((q, i) =>
          numbersOf(score, q, joined(met.slice(i * ways, (i + 1) * ways)))
        );
      alone.forEach((value, i) => assertAlmostEquals(all[i]!, value, 1e-12));
      assertEquals(all.length, alone.length);
    });
  }

  Deno.test(`${name} follows its texts wherever they stand`, async () => {
    await useEngine("reference");
    const [queries, documents] = [textsOf(texts(1, 2)), textsOf(texts(2, 4))];
    const here = numbersOf(score, joined(queries), joined(documents));
    const there = numbersOf(
      score,
      joined(queries.toReversed()),
      joined([...documents.slice(2), ...documents.slice(0, 2)]),
    );
    const half = here.length / 2;
    const moved = ways === undefined
      ? [6, 7, 4, 5, 2, 3, 0, 1].map((place) => here[place]!)
      : [...here.slice(half), ...here.slice(0, half)];
    there.forEach((value, i) => assertAlmostEquals(value, moved[i]!, 1e-12));
  });

  if (!firstIsOwn) {
    Deno.test(`${name} does not depend on the order of a document's tokens`, async () => {
      await useEngine("reference");
      const [queries, documents] = [texts(1, 2), texts(2, 4)];
      const turned = joined(
        textsOf(documents).map((text) => ({
          ...text,
          values: tf.reverse(text.values, 0),
          keep: text.keep.toReversed(),
        })),
      );
      const before = numbersOf(score, queries, documents);
      numbersOf(score, queries, turned).forEach((value, i) =>
        assertAlmostEquals(value, before[i]!, 1e-12)
      );
    });
  }

  if (!takesAll) {
    Deno.test(`${name} does not read dropped tokens`, async () => {
      await useEngine("reference");
      const [queries, documents] = [sideOf("queries"), sideOf("documents")];
      const before = numbersOf(score, queries, documents);
      const spoilt = (side: TokenVectors) => {
        const values = read(side.values).map((value, i) =>
          side.keep[Math.floor(i / fixture.dim)] ? value : 1e3
        );
        return { ...side, values: tensorOf(values, side.values.shape) };
      };
      assertEquals(
        numbersOf(score, spoilt(queries), spoilt(documents)),
        before,
      );
    });

    Deno.test(`${name} names a text without counting tokens`, async () => {
      await useEngine("reference");
      const none = (side: TokenVectors) => ({
        ...side,
        keep: new Uint8Array(side.keep.length),
      });
      const [q, d] = [sideOf("queries"), sideOf("documents")];
      assertThrows(() => score(none(q), d), RangeError, " 0");
      assertThrows(() => score(q, none(d)), RangeError, " 0");
    });
  }

  Deno.test(`${name} of one token each is their similarity`, async () => {
    await useEngine("reference");
    const one = (...values: number[]): TokenVectors => ({
      values: tensorOf(values, [1, 2]),
      offsets: Int32Array.of(0, 1),
      keep: Uint8Array.of(1),
    });
    const [q, d] = [one(0.6, 0.8), one(1, 0)];
    const found = ways === undefined
      ? numbersOf(score, q, d)
      : numbersOf(score, q, joined([d, d]));
    const expected = name.includes("distance") ? -(0.16 + 0.64) : 0.6;
    found.forEach((value) => assertAlmostEquals(value, expected, 1e-12));
  });

  Deno.test(`${name} keeps NaN of a counting token visible, or names it`, async () => {
    await useEngine("reference");
    const documents = sideOf("documents");
    const values = read(documents.values);
    values.fill(NaN, 0, documents.offsets[1]! * fixture.dim);
    const spoilt = {
      ...documents,
      values: tensorOf(values, documents.values.shape),
    };
    const queries = sideOf("queries");
    if (name.includes("wardPool")) {
      assertThrows(
        () => score(queries, spoilt),
        RangeError,
        "Cannot pool text 0: expected finite vectors, got one of length NaN",
      );
      return;
    }
    assert(Number.isNaN(numbersOf(score, queries, spoilt)[0]!));
  });

  if (!squares) {
    for (const engine of ["reference", "wasm", "onnx"] as const) {
      Deno.test(`${name} of tokens of 1e30 is finite on ${engine}`, async () => {
        await useEngine(engine);
        const [queries, documents] = [texts(1, 2), texts(2, 4)];
        const huge = {
          ...documents,
          values: tf.mul(documents.values, tensorOf([1e30], [1, 1])),
        };
        const found = numbersOf(score, queries, huge);
        assert(found.every(Number.isFinite), `${found}`);
        assert(found.some((value) => Math.abs(value) > 1e28), `${found}`);
      });
    }
  }

  for (const engine of ["wasm", "onnx"] as const) {
    Deno.test(`${name} is the same on ${engine}`, async () => {
      await useEngine("reference");
      const truth = numbersOf(score, texts(1, 2), texts(2, 4));
      await useEngine(engine);
      const found = numbersOf(score, texts(1, 2), texts(2, 4));
      // Sums of at most 30 products in 32 bits, 6e-8 each, of numbers up to 4.
      found.forEach((value, i) =>
        assertAlmostEquals(value, truth[i]!, 1e-5 * (1 + Math.abs(truth[i]!)))
      );
    });
  }

  Deno.test(`${name} leaves no tensor behind but its scores`, async () => {
    await useEngine("reference");
    const [queries, documents] = [sideOf("queries"), sideOf("documents")];
    const before = tf.memory().numTensors;
    score(queries, documents).dispose();
    assertEquals(tf.memory().numTensors, before);
  });
}

/** Holds the gradient by both sides against central differences. */
function assertSlopes(score: Scorer): void {
  const at = (q: Tensor, d: Tensor) =>
    tf.tidy(() => {
      const scores = score(
        { ...sideOf("queries"), values: q },
        { ...sideOf("documents"), values: d },
      );
      const weights = [...Array(scores.size).keys()].map((i) => Math.cos(i));
      return tf.sum(tf.mul(scores, tensorOf(weights, scores.shape)));
    });
  const parameters = {
    q: sideOf("queries").values,
    d: sideOf("documents").values,
  };
  const { gradients } = valueAndGradients(
    ({ q, d }) => at(q!, d!),
    parameters,
  );
  for (const side of ["q", "d"] as const) {
    read(gradients[side]!).forEach((value, i) => {
      const shifted = (by: number) => {
        const values = read(parameters[side]);
        values[i]! += by;
        const moved = tensorOf(values, parameters[side].shape);
        return read(
          side === "q" ? at(moved, parameters.d) : at(parameters.q, moved),
        )[0]!;
      };
      const slope = (shifted(1e-6) - shifted(-1e-6)) / 2e-6;
      assertAlmostEquals(value, slope, 1e-7);
    });
  }
}
