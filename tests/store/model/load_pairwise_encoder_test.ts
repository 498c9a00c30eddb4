import "#tests/support/permitted.ts";
import { assertEquals, assertLess, assertRejects } from "@std/assert";
import { readCrossEncoderCheckpoint } from "#lib/encoder/cross_encoder.ts";
import { read, tensorOf, tf, valueAndGradients } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { ShapeError } from "#lib/num/shape_error.ts";
import {
  type LoadedPairwiseEncoder,
  loadPairwiseEncoder,
} from "#lib/store/model/load_pairwise_encoder.ts";
import { writeSafetensors } from "#lib/store/weights/write_safetensors.ts";
import { packTriples } from "#lib/text/triple_form.ts";
import type { TripleForm } from "#lib/text/triple_form.ts";
import { wordPieceJson } from "#lib/text/word_piece_json.ts";
import pairwise from "#tests/fixtures/encoder/pairwise.json" with {
  type: "json",
};
import { checkpointOf } from "#tests/support/formula_weights.ts";
import { inTemporaryFolder } from "../failing_file_system.ts";

const TRIPLES = pairwise.triples as [string, string, string][];
const FORM = { queryLength: pairwise.query_length, rooms: "code" } as const;

/** What is written otherwise than the fixture says, and the form asked for. */
interface Changes {
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly form?: Pick<TripleForm, "queryLength" | "rooms">;
}

/** Loads the fixture's duoBERT from a folder. */
async function loaded(
  { shapes = pairwise.shapes, config = {}, form = FORM }: Changes = {},
): Promise<LoadedPairwiseEncoder> {
  let model: LoadedPairwiseEncoder | undefined;
  await inTemporaryFolder(async (folder) => {
    const write = (name: string, value: unknown) =>
      Deno.writeTextFile(`${folder}/${name}`, JSON.stringify(value));
    await Deno.mkdir(folder, { recursive: true });
    await write("config.json", { ...pairwise.config, ...config });
    await write(
      "tokenizer.json",
      wordPieceJson(pairwise.vocabulary.join("\n")),
    );
    await writeSafetensors(
      `${folder}/model.safetensors`,
      checkpointOf({ shapes }),
    );
    model = await loadPairwiseEncoder(folder, form);
  });
  return model!;
}

/** The triples as a model reads them, and its parameters on the engine in use. */
function ready(model: LoadedPairwiseEncoder) {
  return {
    packed: packTriples(TRIPLES, model.tokenizer, model.tripleForm),
    parameters: Object.fromEntries(
      Object.entries(model.parameters).map((
        [name, { shape, values }],
      ) => [name, tensorOf(values, shape)]),
    ),
  };
}

/** Refuses a difference of more than twelve digits. */
function assertClose(got: ArrayLike<number>, expected: readonly number[]) {
  assertEquals(got.length, expected.length);
  expected.forEach((value, i) => assertLess(Math.abs(got[i]! - value), 1e-12));
}

for (
  const [name, changes, scores] of [
    ["two labels", {}, pairwise.scores],
    [
      "the paper's rooms",
      { form: { ...FORM, rooms: "paper" } },
      pairwise.paper,
    ],
    [
      "one label",
      { shapes: pairwise.one.shapes, config: { num_labels: 1 } },
      pairwise.one.scores,
    ],
    [
      "a table of two segments",
      { shapes: pairwise.two.shapes, config: { type_vocab_size: 2 } },
      pairwise.two.scores,
    ],
  ] as const
) {
  Deno.test(`loadPairwiseEncoder() gives transformers' probabilities with ${name}`, async () => {
    await useEngine("reference");
    const model = await loaded(changes);
    assertEquals(model.unused, []);
    const { packed, parameters } = ready(model);
    assertClose(read(model.encoder.predict(packed, parameters)), [...scores]);
  });
}

for (const rooms of ["code", "paper"] as const) {
  Deno.test(`loadPairwiseEncoder() reads triples by the rule of the ${rooms}`, async () => {
    const model = await loaded({ form: { ...FORM, rooms } });
    assertEquals(model.tripleForm, {
      length: pairwise.length,
      queryLength: pairwise.query_length,
      rooms,
    });
    const packed = packTriples(TRIPLES, model.tokenizer, model.tripleForm);
    const expected = pairwise.readings[rooms];
    assertEquals([...packed.ids], expected.flatMap(({ ids }) => ids));
    assertEquals(
      [...packed.segment],
      expected.flatMap(({ segment }) => segment),
    );
  });
}

Deno.test("loadPairwiseEncoder() gives a model with transformers' gradients of every parameter", async () => {
  await useEngine("reference");
  const { encoder, ...model } = await loaded();
  const { packed, parameters } = ready({ encoder, ...model });
  const factors = TRIPLES.map((_, place) => Math.cos(place));
  const { value, gradients } = valueAndGradients((p) => {
    const scores = encoder.predict(packed, p);
    return tf.sum(tf.mul(scores, tensorOf(factors, scores.shape)));
  }, parameters);
  assertLess(Math.abs(read(value)[0]! - pairwise.value), 1e-12);
  const { weights } = readCrossEncoderCheckpoint(
    Object.fromEntries(
      Object.entries(pairwise.gradients).map(([name, values]) => [name, {
        shape: pairwise.shapes[name as keyof typeof pairwise.shapes],
        values: Float32Array.from(values),
      }]),
    ),
    pairwise.config,
    { labels: 2 },
  );
  assertEquals(Object.keys(gradients).sort(), Object.keys(weights).sort());
  for (const [name, { values }] of Object.entries(weights)) {
    // 32 bits hold the expected gradients in this map, hence the bound.
    const bound = Math.max(1, ...values.map(Math.abs)) * 2 ** -24;
    read(gradients[name]!).forEach((got, i) =>
      assertLess(Math.abs(got - values[i]!), bound, name)
    );
  }
});

Deno.test("loadPairwiseEncoder() refuses what compares nothing", async () => {
  const { "classifier.bias": _, ...bare } = pairwise.shapes;
  const cases = [
    [
      { config: { num_labels: 3 } },
      RangeError,
      "expected 1 or 2 labels, as a cross-encoder of two documents has, got 3",
    ],
    [
      { config: { num_labels: undefined } },
      RangeError,
      "expected num_labels or id2label, without which transformers takes two, got none",
    ],
    [
      { config: { num_labels: 1 } },
      ShapeError,
      'expected tensor "classifier.weight" [1, 8], got "classifier.weight" [2, 8]',
    ],
    [
      { config: { type_vocab_size: 1 } },
      RangeError,
      "expected type_vocab_size a whole number from 2 to 256, got 1",
    ],
    [
      { config: { type_vocab_size: 2 } },
      ShapeError,
      'token_type_embeddings.weight" [2, 8], got',
    ],
    [{ shapes: bare }, ShapeError, '"classifier.bias" [2], got none'],
    [
      { config: { architectures: ["BertModel"] } },
      RangeError,
      'ForSequenceClassification in config.json, got ["BertModel"]',
    ],
  ] as const;
  for (const [changes, kind, says] of cases) {
    await assertRejects(() => loaded(changes), kind, says);
  }
});
