import "#tests/support/permitted.ts";
import { assertEquals, assertLess, assertThrows } from "@std/assert";
import {
  crossEncoder,
  readCrossEncoderCheckpoint,
} from "#lib/encoder/cross_encoder.ts";
import { read, tensorOf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { stream } from "#lib/num/stream.ts";
import { preferenceScores } from "#lib/score/preferences.ts";
import { compareDocuments } from "#lib/search/compare_documents.ts";
import { bertTokenizer } from "#lib/text/bert_tokenizer.ts";
import { packTriples } from "#lib/text/triple_form.ts";
import { wordPieceJson } from "#lib/text/word_piece_json.ts";
import pairwise from "#tests/fixtures/encoder/pairwise.json" with {
  type: "json",
};
import { checkpointOf } from "#tests/support/formula_weights.ts";

const LABELS = { labels: 2 } as const;
const QUERY = "What is late interaction?";
const DOCUMENTS = ["The scores.", "a", "late ? the the the", "is a is late"];
const MODEL = {
  encoder: crossEncoder(pairwise.config, { ...LABELS, activation: "sigmoid" }),
  tokenizer: bertTokenizer(wordPieceJson(pairwise.vocabulary.join("\n"))),
  tripleForm: { length: pairwise.length, queryLength: pairwise.query_length },
};

/** The fixture's weights on the engine in use. */
function parametersOf() {
  const { weights } = readCrossEncoderCheckpoint(
    checkpointOf(pairwise),
    pairwise.config,
    LABELS,
  );
  return Object.fromEntries(
    Object.entries(weights).map((
      [name, { shape, values }],
    ) => [name, tensorOf(values, shape)]),
  );
}

Deno.test("compareDocuments() gives every ordered pair its own probability, whatever is encoded at a time", async () => {
  await useEngine("reference");
  const parameters = parametersOf();
  const alone = (i: number, j: number) => {
    const triple = [QUERY, DOCUMENTS[i]!, DOCUMENTS[j]!] as const;
    const packed = packTriples([triple], MODEL.tokenizer, MODEL.tripleForm);
    return read(MODEL.encoder.predict(packed, parameters))[0]!;
  };
  for (const chunkTokens of [1, 40, 9999]) {
    const given = { query: QUERY, documents: DOCUMENTS, chunkTokens };
    const result = compareDocuments(MODEL, parameters, given);
    assertEquals(result.first.length, 12);
    const scores = preferenceScores(result);
    DOCUMENTS.forEach((_, i) => {
      const others = [0, 1, 2, 3].filter((j) => j !== i);
      const sum = others.reduce((total, j) => total + alone(i, j), 0);
      assertLess(Math.abs(scores[i]! - sum), 1e-12);
    });
  }
  // The order of reading counts: the two directions do not sum to one.
  assertLess(1e-3, Math.abs(alone(0, 1) + alone(1, 0) - 1));
  // Two of the fixture's own triples.
  assertLess(Math.abs(alone(0, 1) - pairwise.scores[0]!), 1e-12);
  assertLess(Math.abs(alone(1, 0) - pairwise.scores[1]!), 1e-12);
});

Deno.test("compareDocuments() makes the sampled comparisons only", async () => {
  await useEngine("reference");
  const parameters = parametersOf();
  const texts = { query: QUERY, documents: DOCUMENTS };
  const whole = compareDocuments(MODEL, parameters, texts);
  const sampled = { opponents: 2, stream: stream(4, "opponents") };
  const some = compareDocuments(MODEL, parameters, { ...texts, sampled });
  assertEquals([...some.first], [0, 0, 1, 1, 2, 2, 3, 3]);
  some.first.forEach((i, pair) => {
    const same = whole.first.findIndex((first, other) =>
      first === i && whole.second[other] === some.second[pair]
    );
    const difference = some.probabilities[pair]! - whole.probabilities[same]!;
    assertLess(Math.abs(difference), 1e-12);
  });
});

Deno.test("compareDocuments() refuses a document without a token", async () => {
  await useEngine("reference");
  const given = { query: QUERY, documents: ["late", ""] };
  assertThrows(
    () => compareDocuments(MODEL, parametersOf(), given),
    RangeError,
    'expected texts with at least one token, got ""',
  );
});
