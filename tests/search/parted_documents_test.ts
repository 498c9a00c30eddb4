import "#tests/support/permitted.ts";
import { assertEquals, assertLess } from "@std/assert";
import { read, tensorOf, tf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { stream } from "#lib/num/stream.ts";
import { maxSimScores } from "#lib/score/max_sim_scores.ts";
import {
  type EncodedDocuments,
  searchExactly,
} from "#lib/search/exact_max_sim.ts";
import { partedDocuments } from "#lib/search/parted_documents.ts";
import { retrieverOf } from "#lib/search/retriever.ts";
import { searchCollection } from "#lib/search/search_collection.ts";
import { loadModel } from "#lib/store/model/load_model.ts";
import { packDocuments } from "#lib/text/document_form.ts";
import { packQueries } from "#lib/text/query_form.ts";
import { tinyModel } from "../store/model/tiny_models.ts";

/** Parts of one random vector each. */
function encoded(name: string, ids: readonly string[]): EncodedDocuments {
  const random = stream(1, name);
  const values = Float64Array.from({ length: 3 * ids.length }, random.normal);
  return {
    ids,
    vectors: {
      values: tensorOf(values, [ids.length, 3]),
      offsets: Int32Array.from({ length: ids.length + 1 }, (_, i) => i),
      keep: new Uint8Array(ids.length).fill(1),
    },
  };
}

Deno.test("searchExactly() gives a document its best part's score, however its parts are spread and cut away", async () => {
  await useEngine("reference");
  const queries = encoded("queries", ["q1", "q2"]);
  const names = Array.from({ length: 60 }, (_, i) => `${i}`);
  const documentOf = (part: string) => `d${Number(part) % 20}`;
  const all = encoded("parts", names);
  const scores = read(maxSimScores(queries.vectors, all.vectors));
  const pieces = [0, 1, 2].map((third): EncodedDocuments => ({
    ids: names.slice(20 * third, 20 * third + 20),
    vectors: {
      values: tf.slice(all.vectors.values, [20 * third, 0], [20, -1]),
      offsets: all.vectors.offsets.slice(0, 21),
      keep: all.vectors.keep.slice(0, 20),
    },
  }));
  // 20 documents a piece and a depth of 3: lists are cut between the pieces.
  const run = await searchExactly(queries, pieces, { depth: 3, documentOf });
  ["q1", "q2"].forEach((query, i) => {
    const best = new Map<string, number>();
    names.forEach((part, j) => {
      const [id, score] = [documentOf(part), scores[60 * i + j]!];
      best.set(id, Math.max(score, best.get(id) ?? -Infinity));
    });
    const expected = [...best].sort((a, b) => b[1] - a[1]).slice(0, 3);
    assertEquals([...run.get(query)!], expected);
  });
});

Deno.test("searchCollection() finds by parts what stands behind the model's length", async () => {
  await useEngine("reference");
  const retriever = retrieverOf(await loadModel(tinyModel("pylate")));
  const late = "what is late interaction ?";
  const long = `${"the text of a query meet the tokens . ".repeat(6)}${late}`;
  const documents = new Map([["long", long], ["other", "unheard tokens"]]);
  const queries = new Map([["q", "late interaction"]]);
  const parts = { words: 6, stride: 3 };
  const run = await searchCollection(retriever, { queries, documents }, {
    parts,
  });
  const cut = partedDocuments(documents, parts);
  assertEquals([...cut.parts.keys()].length > 4, true);
  const { encoder, parameters, tokenizer, queryForm, documentForm } = retriever;
  const best = Math.max(
    ...[...cut.parts].filter(([id]) => cut.documentOf(id) === "long")
      .map(([, text]) =>
        read(maxSimScores(
          encoder.encode(
            packQueries(["late interaction"], tokenizer, queryForm),
            parameters,
          ),
          encoder.encode(
            packDocuments([text], tokenizer, documentForm),
            parameters,
          ),
        ))[0]!
      ),
  );
  assertLess(Math.abs(run.get("q")!.get("long")! - best), 1e-12);
  const whole = await searchCollection(retriever, { queries, documents });
  assertLess(whole.get("q")!.get("long")!, best);
});
