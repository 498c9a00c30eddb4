import { assertEquals } from "@std/assert";
import type { Encoder, TokenVectors } from "#lib/encoder/encoder.ts";
import { read, tensorOf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { explainMatch, matchMap } from "#lib/report/explain_match.ts";
import { maxSimScores } from "#lib/score/max_sim_scores.ts";
import type { Retriever } from "#lib/search/retriever.ts";
import { packDocuments } from "#lib/text/document_form.ts";
import type { PackedTokens } from "#lib/text/packed_tokens.ts";
import { packQueries } from "#lib/text/query_form.ts";
import { smallBert } from "#tests/text/small_tokenizer.ts";

/** Gives every token a unit vector of its own direction: the same piece, the same vector. */
function encode({ ids, offsets, keep }: PackedTokens): TokenVectors {
  const rows = [...ids].flatMap((id) => [Math.cos(id), Math.sin(id)]);
  return { values: tensorOf(rows, [ids.length, 2]), offsets, keep };
}

const encoder: Encoder = {
  dim: 2,
  hidden: 2,
  maxTokens: 16,
  shapes: {},
  encode,
  tokenStates: encode,
};

const retriever: Retriever = {
  encoder,
  tokenizer: smallBert(),
  queryForm: { length: 16, expansion: "none", attendMask: false },
  documentForm: { length: 16, skiplist: ["."] },
  parameters: {},
};

Deno.test("explainMatch() names tokens as a person reads them", async () => {
  await useEngine("reference");
  const { queryTokens, documentTokens, documentKeep } = explainMatch(
    retriever,
    "ab",
    "c. a",
  );
  assertEquals(queryTokens, ["[CLS]", "a", "+b", "[SEP]"]);
  assertEquals(documentTokens, ["[CLS]", "c", ".", "a", "[SEP]"]);
  assertEquals(documentKeep, [true, true, false, true, true]);
});

Deno.test("explainMatch() gives the score of maxSimScores(), the same piece taking itself", async () => {
  await useEngine("reference");
  const { tokenizer, queryForm, documentForm } = retriever;
  const { score, matches } = explainMatch(retriever, "a c", "c . a");
  const queries = encode(packQueries(["a c"], tokenizer, queryForm));
  const documents = encode(packDocuments(["c . a"], tokenizer, documentForm));
  assertEquals(
    Math.abs(score - read(maxSimScores(queries, documents))[0]!) < 1e-12,
    true,
  );
  assertEquals(matches.map(({ documentToken }) => documentToken), [0, 3, 1, 4]);
});

Deno.test("matchMap() leaves columns white and frames the best when a token does not count", async () => {
  await useEngine("reference");
  const match = explainMatch(retriever, "a", "c . a");
  const { z } = matchMap(match).data[0]! as unknown as {
    z: (number | null)[][];
  };
  assertEquals(z.map((row) => row.length), [5, 5, 5]);
  assertEquals(z.every((row) => row[2] === null && row[1] !== null), true);
});
