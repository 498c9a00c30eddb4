import "#tests/support/permitted.ts";
import {
  assert,
  assertEquals,
  assertFalse,
  assertLess,
  assertRejects,
} from "@std/assert";
import { read, tensorOf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { ShapeError } from "#lib/num/shape_error.ts";
import { isCrossEncoder } from "#lib/store/model/cross_encoder_folder.ts";
import {
  loadCrossEncoder,
  type LoadedCrossEncoder,
} from "#lib/store/model/load_cross_encoder.ts";
import type { WeightMap } from "#lib/store/weights/weight_map.ts";
import { packPairs } from "#lib/text/pair_form.ts";
import {
  type CrossEncoderChanges,
  writeCrossEncoder,
} from "#tests/support/cross_encoder_folder.ts";
import cross from "#tests/fixtures/encoder/cross_encoder.json" with {
  type: "json",
};
import { inTemporaryFolder } from "../failing_file_system.ts";
import { tinyModel } from "./tiny_models.ts";

const TEXTS = cross.pairs.map(({ texts }) => texts as [string, string]);

/** Loads the fixture's cross-encoder after something was changed. */
async function loaded(
  changes: CrossEncoderChanges = {},
): Promise<LoadedCrossEncoder> {
  let model: LoadedCrossEncoder | undefined;
  await inTemporaryFolder(async (folder) => {
    model = await loadCrossEncoder(await writeCrossEncoder(folder, changes));
  });
  return model!;
}

Deno.test("loadCrossEncoder() scores strings as Hugging Face does, long pairs cut", async () => {
  await useEngine("reference");
  const model = await loaded();
  assertEquals(model.unused, []);
  assertEquals(model.pairForm, { length: cross.length });
  const packed = packPairs(TEXTS, model.tokenizer, model.pairForm);
  assertEquals([...packed.ids], cross.pairs.flatMap(({ ids }) => ids));
  assertEquals([...packed.segment], cross.pairs.flatMap((row) => row.segment));
  const parameters = Object.fromEntries(
    Object.entries(model.parameters).map((
      [name, { shape, values }],
    ) => [name, tensorOf(values, shape)]),
  );
  read(model.encoder.score(packed, parameters)).forEach((score, pair) =>
    assertLess(Math.abs(score - cross.pairs[pair]!.score), 1e-12)
  );
});

Deno.test("loadCrossEncoder() bounds a pair by the tokenizer's length and by the positions", async () => {
  const length = async (tokenizer: Record<string, unknown>) =>
    (await loaded({ tokenizer })).pairForm.length;
  assertEquals(await length({}), 16);
  assertEquals(await length({ model_max_length: 9 }), 9);
  assertEquals(await length({ model_max_length: 512 }), 16);
  // What transformers writes for "no limit".
  assertEquals(await length({ model_max_length: 1e30 }), 16);
});

Deno.test("isCrossEncoder() goes by the architecture that config.json names", async () => {
  await inTemporaryFolder(async (folder) => {
    assertFalse(await isCrossEncoder(folder));
    await writeCrossEncoder(folder);
    assert(await isCrossEncoder(folder));
    for (
      const architectures of [
        undefined,
        null,
        [],
        [7, null],
        ["BertModel"],
        "BertForSequenceClassification",
        ["BertForSequenceClassificationX"],
      ]
    ) {
      await writeCrossEncoder(folder, { config: { architectures } });
      assertFalse(await isCrossEncoder(folder), `${architectures}`);
    }
  });
  assertFalse(await isCrossEncoder(tinyModel("pylate")));
});

/** The weights with one tensor replaced, or left out. */
function replaced(name: string, tensor?: { shape: number[]; fill: number }) {
  return (weights: WeightMap): WeightMap => {
    const { [name]: _, ...rest } = weights;
    if (tensor === undefined) return rest;
    const size = tensor.shape.reduce((product, n) => product * n, 1);
    const values = new Float32Array(size).fill(tensor.fill);
    return { ...rest, [name]: { shape: tensor.shape, values } };
  };
}

/** Faults of a folder, and the error each gives. */
const faults: readonly (readonly [
  what: string,
  changes: CrossEncoderChanges,
  kind: new (action: string, expected: string, got: string) => Error,
  says: string,
])[] = [
  [
    "another architecture",
    { config: { architectures: ["BertModel"] } },
    RangeError,
    'expected architectures with a name that ends in ForSequenceClassification in config.json, got ["BertModel"]',
  ],
  [
    "another family",
    { config: { model_type: "t5" } },
    RangeError,
    'expected a model_type among "bert", "distilbert"',
  ],
  [
    "a USE-lite",
    { config: { model_type: "use-lite" } },
    RangeError,
    '"xlm-roberta", got "use-lite"',
  ],
  [
    "two labels",
    { config: { num_labels: 2 } },
    RangeError,
    "expected 1 label, as a cross-encoder of one document has, got 2",
  ],
  [
    "three named labels",
    { config: { num_labels: undefined, id2label: { 0: "a", 1: "b", 2: "c" } } },
    RangeError,
    "expected 1 label, as a cross-encoder of one document has, got 3",
  ],
  [
    "labels that nobody counts",
    { config: { num_labels: undefined } },
    RangeError,
    "/config.json: expected num_labels or id2label, without which transformers takes two, got none",
  ],
  [
    "labels that differ",
    { config: { id2label: { 0: "a", 1: "b" } } },
    RangeError,
    "expected num_labels 2, as id2label has, got 1",
  ],
  [
    "no number of labels",
    { config: { num_labels: "1" } },
    RangeError,
    'expected num_labels or id2label, without which transformers takes two, got "1"',
  ],
  [
    "one segment",
    { config: { type_vocab_size: 1 } },
    RangeError,
    "expected type_vocab_size a whole number from 2 to 256, got 1",
  ],
  [
    "absurd sizes",
    { config: { hidden_size: 1e9 } },
    RangeError,
    "expected hidden_size a whole number from 1 to 65536, got 1000000000",
  ],
  [
    "no room for a pair",
    { config: { max_position_embeddings: 4 } },
    ShapeError,
    "position_embeddings.weight",
  ],
  [
    "a length of no pair",
    { tokenizer: { model_max_length: 4 } },
    RangeError,
    "expected model_max_length from 5",
  ],
  [
    "a length that is no number",
    { tokenizer: { model_max_length: "512" } },
    RangeError,
    'expected model_max_length from 5 to 1.7976931348623157e+308, got "512"',
  ],
  [
    "weights of three labels",
    { weights: replaced("classifier.weight", { shape: [3, 8], fill: 0 }) },
    ShapeError,
    'model.safetensors: expected tensor "classifier.weight" [1, 8], got "classifier.weight" [3, 8] of 24 numbers',
  ],
  [
    "no classifier",
    { weights: replaced("classifier.bias") },
    ShapeError,
    'expected tensor "classifier.bias" [1], got none',
  ],
  [
    "no pooler",
    { weights: replaced("bert.pooler.dense.weight") },
    ShapeError,
    'expected tensor "bert.pooler.dense.weight" [8, 8], got none',
  ],
  [
    "a missing layer",
    { weights: replaced("bert.encoder.layer.1.output.dense.bias") },
    ShapeError,
    'expected tensor "bert.encoder.layer.1.output.dense.bias" [8], got none',
  ],
  [
    "a weight that is no number",
    { weights: replaced("classifier.bias", { shape: [1], fill: NaN }) },
    RangeError,
    'expected finite weights, got NaN in tensor "classifier.bias"',
  ],
];

for (const [what, changes, kind, says] of faults) {
  Deno.test(`loadCrossEncoder() refuses ${what}`, async () => {
    await assertRejects(() => loaded(changes), kind, says);
  });
}

Deno.test("loadCrossEncoder() names the file that is missing or cut short", async () => {
  for (
    const [name, says] of [
      ["config.json", "config.json"],
      ["tokenizer.json", "expected tokenizer.json or vocab.txt"],
      ["model.safetensors", "expected model.safetensors, got no such file"],
    ] as const
  ) {
    await inTemporaryFolder(async (folder) => {
      await writeCrossEncoder(folder);
      await Deno.remove(`${folder}/${name}`);
      await assertRejects(
        () => loadCrossEncoder(folder),
        Deno.errors.NotFound,
        says,
      );
    });
    await inTemporaryFolder(async (folder) => {
      await writeCrossEncoder(folder);
      const { size } = await Deno.stat(`${folder}/${name}`);
      await Deno.truncate(`${folder}/${name}`, size - 3);
      await assertRejects(() => loadCrossEncoder(folder), SyntaxError, name);
    });
  }
});
