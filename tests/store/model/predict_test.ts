import "#tests/support/permitted.ts";
import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import { read, tensorOf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import {
  loadCrossEncoder,
  type LoadedCrossEncoder,
} from "#lib/store/model/load_cross_encoder.ts";
import { writeSafetensors } from "#lib/store/weights/write_safetensors.ts";
import { packPairs } from "#lib/text/pair_form.ts";
import { writeCrossEncoder } from "#tests/support/cross_encoder_folder.ts";
import cross from "#tests/fixtures/encoder/cross_encoder.json" with {
  type: "json",
};
import predict from "#tests/fixtures/encoder/predict.json" with {
  type: "json",
};
import { checkpointOf } from "#tests/support/formula_weights.ts";
import { distance } from "../../encoder/tiny_encoders.ts";
import { inTemporaryFolder } from "../failing_file_system.ts";

const TEXTS = cross.pairs.map(({ texts }) => texts as [string, string]);

/** Writes files of JSON. */
async function writeFiles(
  folder: string,
  files: Readonly<Record<string, unknown>>,
): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await Deno.writeTextFile(`${folder}/${name}`, JSON.stringify(content));
  }
}

/** What the model gives for the fixture's pairs, as it reads them. */
function scoresOf(
  { encoder, tokenizer, pairForm, parameters: weights }: LoadedCrossEncoder,
  what: "predict" | "score",
) {
  const packed = packPairs(TEXTS, tokenizer, pairForm);
  const parameters = Object.fromEntries(
    Object.entries(weights).map((
      [name, { shape, values }],
    ) => [name, tensorOf(values, shape)]),
  );
  return read(encoder[what](packed, parameters));
}

/** Loads the fixture's cross-encoder from a folder with further files. */
async function loadedWith(
  config: Readonly<Record<string, unknown>>,
  files: Readonly<Record<string, unknown>> = {},
) {
  let model: LoadedCrossEncoder | undefined;
  await inTemporaryFolder(async (folder) => {
    await writeCrossEncoder(folder, { config });
    await writeFiles(folder, files);
    model = await loadCrossEncoder(folder);
  });
  return model!;
}

for (const [name, { fields, files, scores }] of Object.entries(predict.cases)) {
  Deno.test(`loadCrossEncoder() predicts what sentence-transformers does from a folder with ${name}`, async () => {
    await useEngine("reference");
    const model = await loadedWith(fields, files);
    // The fixture has 14 digits of scores of about 1.
    assertLess(distance(scoresOf(model, "predict"), scores), 1e-13);
    // The logit is there whatever the activation.
    const logits = cross.pairs.map(({ score }) => score);
    assertLess(distance(scoresOf(model, "score"), logits), 1e-13);
  });
}

for (
  const [family, { shapes, files, scores }] of Object.entries(predict.families)
) {
  Deno.test(`loadCrossEncoder() predicts what sentence-transformers does with a folder of ${family}`, async () => {
    await useEngine("reference");
    await inTemporaryFolder(async (folder) => {
      await Deno.mkdir(folder, { recursive: true });
      await writeFiles(folder, files);
      const weights = checkpointOf({ shapes });
      await writeSafetensors(`${folder}/model.safetensors`, weights);
      const model = await loadCrossEncoder(folder);
      assertEquals(model.unused, []);
      const got = scoresOf(model, "predict");
      // ModernBERT's rotary angles are of 32 bits in transformers.
      const bound = family === "modernbert" ? 1e-6 : 1e-13;
      assertLess(distance(got, scores), bound);
    });
  });
}

Deno.test("predict.json has both activations", () => {
  const first = Object.values(predict.cases).map(({ scores }) => scores[0]!);
  assertEquals(new Set(first).size, 2);
  assert(
    first.some((score) => Math.abs(score - cross.pairs[0]!.score) < 1e-13),
  );
});

Deno.test("loadCrossEncoder() refuses what would give another score than the library's", async () => {
  const modules = predict.cases["saved identity"].files;
  const own = modules["config_sentence_transformers.json"];
  const cases: readonly (readonly [
    config: Readonly<Record<string, unknown>>,
    files: Readonly<Record<string, unknown>>,
    says: string,
  ])[] = [
    [
      { sentence_transformers: { activation_fn: "torch.nn.Tanh" } },
      {},
      'expected an activation_fn of torch.nn, Identity or Sigmoid, got "torch.nn.Tanh"',
    ],
    [
      { sbert_ce_default_activation_function: "own.Sigmoid" },
      {},
      'got "own.Sigmoid"',
    ],
    [{ sentence_transformers: { activation_fn: 3 } }, {}, "got 3"],
    [
      {},
      { ...modules, "modules.json": [...modules["modules.json"], {}] },
      "expected modules.json with one module, the encoder with its classifier, got 2",
    ],
    [{}, { ...modules, "modules.json": {} }, "got no list"],
    [
      {},
      {
        ...modules,
        "config_sentence_transformers.json": {
          ...own,
          default_prompt_name: "query",
        },
      },
      'expected no default_prompt_name for a cross-encoder in config_sentence_transformers.json, got "query"',
    ],
  ];
  for (const [config, files, says] of cases) {
    await assertRejects(() => loadedWith(config, files), RangeError, says);
  }
});
