import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import type { TokenVectors } from "#lib/encoder/encoder.ts";
import {
  read,
  type Tensor,
  tensorOf,
  tf,
  valueAndGradients,
} from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { ShapeError } from "#lib/num/shape_error.ts";
import { clsPool } from "#lib/score/cls_pool.ts";
import { maxSimScores } from "#lib/score/max_sim_scores.ts";
import { meanPool } from "#lib/score/mean_pool.ts";
import { smoothMaxScores } from "#lib/score/smooth_max_scores.ts";
import { tctPool } from "#lib/score/tct_pool.ts";
import { xtrScores } from "#lib/score/xtr_scores.ts";
import fixture from "../fixtures/score/max_sim.json" with { type: "json" };
import { sideOf, valuesOf } from "./fixture_texts.ts";

/** A way to score, for all of them. */
type Scorer = (queries: TokenVectors, documents: TokenVectors) => Tensor;

const SCORERS: Readonly<Record<string, Scorer>> = {
  "maxSimScores": maxSimScores,
  "maxSimScores, ways": (q, d) => maxSimScores(q, d, { ways: 2 }),
  "maxSimScores, mean": (q, d) => maxSimScores(q, d, { reduction: "mean" }),
  "maxSimScores, cosine": (q, d) =>
    maxSimScores(q, d, { similarity: "cosine" }),
  "maxSimScores, distance": (q, d) =>
    maxSimScores(q, d, { similarity: "negative-squared-distance" }),
  "smoothMaxScores": (q, d) => smoothMaxScores(q, d, { temperature: 0.3 }),
  "smoothMaxScores, ways": (q, d) => smoothMaxScores(q, d, { ways: 2 }),
  "xtrScores": (q, d) => xtrScores(q, d, { k: 4 }),
};

for (const [name, score] of Object.entries(SCORERS)) {
  Deno.test(`${name} has the gradient that finite differences give`, async () => {
    await useEngine("reference");
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
  });

  Deno.test(`${name} does not read dropped tokens`, async () => {
    await useEngine("reference");
    const [queries, documents] = [sideOf("queries"), sideOf("documents")];
    const before = [...read(score(queries, documents))];
    const spoilt = (side: TokenVectors) => {
      const values = read(side.values).map((value, i) =>
        side.keep[Math.floor(i / fixture.dim)] ? value : 1e3
      );
      return { ...side, values: tensorOf(values, side.values.shape) };
    };
    assertEquals([...read(score(spoilt(queries), spoilt(documents)))], before);
  });

  Deno.test(`${name} keeps NaN of a counting token visible`, async () => {
    await useEngine("reference");
    const documents = sideOf("documents");
    const values = read(documents.values);
    values[0] = NaN;
    const spoilt = {
      ...documents,
      values: tensorOf(values, documents.values.shape),
    };
    assertEquals(
      Number.isNaN(read(score(sideOf("queries"), spoilt))[0]!),
      true,
    );
  });

  Deno.test(`${name} leaves no tensor behind but its scores`, async () => {
    await useEngine("reference");
    const [queries, documents] = [sideOf("queries"), sideOf("documents")];
    const before = tf.memory().numTensors;
    score(queries, documents).dispose();
    assertEquals(tf.memory().numTensors, before);
  });

  Deno.test(`${name} names a text without counting tokens`, async () => {
    await useEngine("reference");
    const none = (side: TokenVectors) => ({
      ...side,
      keep: new Uint8Array(side.keep.length),
    });
    assertThrows(
      () => score(none(sideOf("queries")), sideOf("documents")),
      RangeError,
      "query 0",
    );
    assertThrows(
      () => score(sideOf("queries"), none(sideOf("documents"))),
      RangeError,
      "document 0",
    );
  });
}

/** Holds scores against a matrix of the fixture. */
function assertScores(scores: Tensor, expected: number[][], tolerance = 1e-12) {
  const given = [...read(scores)];
  expected.flat().forEach((value, i) =>
    assertAlmostEquals(given[i]!, value, tolerance)
  );
}

Deno.test("maxSimScores() equals torch's with every similarity and reduction", async () => {
  await useEngine("reference");
  const { cosine, mean } = fixture.variants;
  const [q, d] = [sideOf("queries"), sideOf("documents")];
  const longer = (side: TokenVectors) => ({
    ...side,
    values: tf.mul(side.values, 3),
  });
  assertScores(maxSimScores(q, d, { reduction: "mean" }), mean);
  const similarity = "cosine";
  assertScores(maxSimScores(longer(q), longer(d), { similarity }), cosine);
  const distance = "negative-squared-distance";
  assertScores(
    maxSimScores(q, d, { similarity: distance }),
    fixture.variants[distance],
  );
});

Deno.test("smoothMaxScores() equals torch's, and MaxSim when it is cold", async () => {
  await useEngine("reference");
  const [q, d] = [sideOf("queries"), sideOf("documents")];
  assertScores(
    smoothMaxScores(q, d, { temperature: 0.3 }),
    fixture.variants.smooth,
  );
  assertScores(
    smoothMaxScores(q, d, { temperature: 1e-3 }),
    fixture.scores,
    1e-3,
  );
});

for (const [k, expected] of Object.entries(fixture.pylate.xtr)) {
  Deno.test(`xtrScores() equals PyLate's with k ${k}, as all that is retrieved is positive`, async () => {
    await useEngine("reference");
    const [q, d] = [sideOf("queries"), sideOf("documents")];
    assertScores(xtrScores(q, d, { k: Number(k) }), expected, 1e-6);
  });
}

Deno.test("xtrScores() is the mean of MaxSim when everything is retrieved", async () => {
  await useEngine("reference");
  const [q, d] = [sideOf("queries"), sideOf("documents")];
  assertScores(xtrScores(q, d), fixture.variants.mean);
});

Deno.test("scorers refuse settings that are no such", async () => {
  await useEngine("reference");
  const [q, d] = [sideOf("queries"), sideOf("documents")];
  assertThrows(
    () => xtrScores(q, d, { k: 0 }),
    RangeError,
    "Cannot score documents: expected k of at least 1, got 0",
  );
  assertThrows(
    () => smoothMaxScores(q, d, { temperature: 0 }),
    RangeError,
    "Cannot score documents: expected a temperature greater than 0, got 0",
  );
  assertThrows(
    () => smoothMaxScores(q, d, { ways: 3 }),
    ShapeError,
    "Cannot score documents: expected 6 documents for 3 ways, got 4",
  );
});

Deno.test("clsPool() takes first tokens, tctPool() those from the fifth on", async () => {
  await useEngine("reference");
  const vectors = {
    values: tensorOf([1, 2, 3, 4, 5, 9, 6, 7, 8, 9, 4], [11, 1]),
    offsets: new Int32Array([0, 6, 11]),
    keep: new Uint8Array([1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1]),
  };
  assertEquals(valuesOf(clsPool(vectors)), [1, 6]);
  assertEquals(valuesOf(tctPool(vectors)), [7, 4]);
  assertEquals(valuesOf(tctPool(vectors, { skip: 0 })), [4, 6.8]);
  assertEquals(valuesOf(meanPool(vectors)), [3.8, 6.8]);
});

Deno.test("pooling names the text that is too short", async () => {
  await useEngine("reference");
  const short = {
    values: tensorOf([1, 2, 3, 4], [4, 1]),
    offsets: new Int32Array([0, 0, 4]),
    keep: new Uint8Array([1, 1, 1, 1]),
  };
  assertThrows(
    () => clsPool(short),
    RangeError,
    "Cannot pool text 0: expected at least one token, got none",
  );
  assertThrows(
    () => tctPool({ ...short, offsets: new Int32Array([0, 4]) }),
    RangeError,
    "Cannot pool text 0: expected more than 4 tokens, got 4",
  );
});
