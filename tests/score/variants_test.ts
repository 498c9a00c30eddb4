import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  read,
  scalarOf,
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
import gradients from "../fixtures/score/gradients.json" with { type: "json" };
import fixture from "../fixtures/score/max_sim.json" with { type: "json" };
import { sideOf, valuesOf } from "./fixture_texts.ts";

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
  const longer = (side: Side) => ({
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

type Side = ReturnType<typeof sideOf>;

/** Each variant of the fixture of gradients. */
const VARIANTS: Readonly<Record<string, (q: Side, d: Side) => Tensor>> = {
  cosine: (q, d) => maxSimScores(q, d, { similarity: "cosine" }),
  "negative-squared-distance": (q, d) =>
    maxSimScores(q, d, { similarity: "negative-squared-distance" }),
  mean: (q, d) => maxSimScores(q, d, { reduction: "mean" }),
  smooth: (q, d) => smoothMaxScores(q, d, { temperature: 0.3 }),
  xtr: (q, d) => xtrScores(q, d, { k: 3 }),
};

for (const [name, expected] of Object.entries(gradients.cases)) {
  Deno.test(`the ${name} variant has torch's scores and gradients`, async () => {
    await useEngine("reference");
    const [queries, documents] = [sideOf("queries"), sideOf("documents")];
    // The fixture's cosines are those of vectors of length 3.
    const length = name === "cosine" ? 3 : 1;
    let scores: number[] = [];
    const { gradients: slopes } = valueAndGradients((given) => {
      const long = (x: Tensor) => tf.mul(x, scalarOf(length));
      const tensor = VARIANTS[name]!(
        { ...queries, values: long(given["queries"]!) },
        { ...documents, values: long(given["documents"]!) },
      );
      scores = [...read(tensor)];
      const weights = [...Array(tensor.size).keys()].map(Math.cos);
      return tf.sum(tf.mul(tensor, tensorOf(weights, tensor.shape)));
    }, { queries: queries.values, documents: documents.values });
    expected.scores.flat().forEach((value, i) =>
      assertAlmostEquals(scores[i]!, value, 1e-12)
    );
    for (const side of ["queries", "documents"] as const) {
      read(slopes[side]!).forEach((value, i) =>
        assertAlmostEquals(value, expected[side][i]!, 1e-12)
      );
    }
  });
}

Deno.test("xtrScores() counts negative similarities, where PyLate's floor of 0 hides them", async () => {
  await useEngine("reference");
  const { k, ours, pylate } = gradients["xtr of negative similarities"];
  const documents = sideOf("documents");
  const opposite = { ...documents, values: tf.neg(documents.values) };
  const found = read(xtrScores(sideOf("queries"), opposite, { k }));
  ours.flat().forEach((value, i) => {
    assertAlmostEquals(found[i]!, value, 1e-12);
    const theirs = pylate.flat()[i]!;
    if (value >= 0) assertAlmostEquals(theirs, value, 1e-6);
    else assertEquals(theirs, 0);
  });
  assertEquals(ours.flat().filter((value) => value < 0).length, 2);
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
