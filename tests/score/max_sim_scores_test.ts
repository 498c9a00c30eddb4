import "#tests/support/permitted.ts";
import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { read, tensorOf, tf, valueAndGradients } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { ShapeError } from "#lib/num/shape_error.ts";
import { maxSimScores } from "#lib/score/max_sim_scores.ts";
import { maxSimOf } from "#lib/score/max_sim_of.ts";
import { sideOf } from "./fixture_texts.ts";
import fixture from "../fixtures/score/max_sim.json" with { type: "json" };

type Side = "queries" | "documents";

/** One text of the fixture in plain rows. */
function rowsOf(side: Side, text: number): number[][] {
  const { offsets } = sideOf(side);
  return Array.from({ length: offsets[text + 1]! - offsets[text]! }, (_, i) => {
    const at = (offsets[text]! + i) * fixture.dim;
    return fixture.values[side].slice(at, at + fixture.dim);
  });
}

for (
  const [engine, tolerance] of [["reference", 1e-12], ["wasm", 1e-6], [
    "onnx",
    1e-6,
  ]] as const
) {
  Deno.test(`maxSimScores() equals torch's scores and gradients on ${engine}`, async () => {
    await useEngine(engine);
    const [queries, documents] = [sideOf("queries"), sideOf("documents")];
    const weights = tensorOf(fixture.weights.flat(), [2, 4]);
    let scores: number[] = [];
    const { gradients } = valueAndGradients((given) => {
      const tensor = maxSimScores(
        { ...queries, values: given["queries"]! },
        { ...documents, values: given["documents"]! },
      );
      scores = [...read(tensor)];
      return tf.sum(tf.mul(tensor, weights));
    }, { queries: queries.values, documents: documents.values });
    fixture.scores.flat().forEach((score, i) =>
      assertAlmostEquals(scores[i]!, score, tolerance)
    );
    for (const side of ["queries", "documents"] as const) {
      const gradient = read(gradients[side]!);
      fixture.gradients[side].forEach((expected, i) =>
        assertAlmostEquals(gradient[i]!, expected, tolerance)
      );
    }
  });
}

Deno.test("maxSimScores() equals PyLate's where its floor of 0 does not show, and differs where it does", async () => {
  await useEngine("reference");
  const scores = read(maxSimScores(sideOf("queries"), sideOf("documents")));
  fixture.pylate.scores.flat().forEach((theirs, i) => {
    if (i % 4 < 3) assertAlmostEquals(scores[i]!, theirs, 1e-6);
    else assertEquals([theirs, scores[i]! < -1e-3], [0, true]);
  });
});

Deno.test("maxSimScores() with ways takes each query's own documents", async () => {
  await useEngine("reference");
  const [queries, documents] = [sideOf("queries"), sideOf("documents")];
  const all = read(maxSimScores(queries, documents));
  const grouped = maxSimScores(queries, documents, { ways: 2 });
  assertEquals(grouped.shape, [2, 2]);
  assertEquals([...read(grouped)], [all[0], all[1], all[6], all[7]]);
});

Deno.test("maxSimScores() equals maxSimOf() for each pair", async () => {
  await useEngine("reference");
  const scores = read(maxSimScores(sideOf("queries"), sideOf("documents")));
  [0, 1].forEach((query) =>
    [0, 1, 2, 3].forEach((document) => {
      const keptRows = rowsOf("queries", query).filter((_, i) =>
        fixture.keep.queries[query]![i] === 1
      );
      const { score } = maxSimOf(keptRows, rowsOf("documents", document), {
        documentKeep: fixture.keep.documents[document]!.map(Boolean),
      });
      assertAlmostEquals(scores[query * 4 + document]!, score, 1e-12);
    })
  );
});

Deno.test("maxSimScores() names a document of which no token counts", async () => {
  await useEngine("reference");
  const documents = { ...sideOf("documents"), keep: new Uint8Array(10) };
  assertThrows(
    () => maxSimScores(sideOf("queries"), documents),
    RangeError,
    "document 0",
  );
});

Deno.test("maxSimScores() refuses documents that are not queries times ways", async () => {
  await useEngine("reference");
  assertThrows(
    () => maxSimScores(sideOf("queries"), sideOf("documents"), { ways: 3 }),
    ShapeError,
    "6",
  );
});
