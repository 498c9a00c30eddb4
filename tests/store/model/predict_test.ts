import "#tests/support/permitted.ts";
import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import { read, tensorOf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { loadCrossEncoder } from "#lib/store/model/load_cross_encoder.ts";
import { packPairs } from "#lib/text/pair_form.ts";
import { writeCrossEncoder } from "#tests/support/cross_encoder_folder.ts";
import cross from "#tests/fixtures/encoder/cross_encoder.json" with {
  type: "json",
};
import predict from "#tests/fixtures/encoder/predict.json" with {
  type: "json",
};
import { inTemporaryFolder } from "../failing_file_system.ts";

const TEXTS = cross.pairs.map(({ texts }) => texts as [string, string]);

/** Loads the fixture's cross-encoder from a folder with further files. */
async function loadedWith(
  config: Readonly<Record<string, unknown>>,
  files: Readonly<Record<string, unknown>> = {},
) {
  let model: Awaited<ReturnType<typeof loadCrossEncoder>> | undefined;
  await inTemporaryFolder(async (folder) => {
    await writeCrossEncoder(folder, { config });
    for (const [name, content] of Object.entries(files)) {
      await Deno.writeTextFile(`${folder}/${name}`, JSON.stringify(content));
    }
    model = await loadCrossEncoder(folder);
  });
  return model!;
}

for (const [name, { fields, files, scores }] of Object.entries(predict.cases)) {
  Deno.test(`loadCrossEncoder() predicts what sentence-transformers does from a folder with ${name}`, async () => {
    await useEngine("reference");
    const model = await loadedWith(fields, files);
    const packed = packPairs(TEXTS, model.tokenizer, model.pairForm);
    const parameters = Object.fromEntries(
      Object.entries(model.parameters).map((
        [name, { shape, values }],
      ) => [name, tensorOf(values, shape)]),
    );
    const got = read(model.encoder.predict(packed, parameters));
    assertEquals(got.length, scores.length);
    // The fixture has 14 digits of scores of about 1.
    scores.forEach((score, pair) =>
      assertLess(Math.abs(got[pair]! - score), 1e-13)
    );
    // The logit is there whatever the activation.
    const logits = read(model.encoder.score(packed, parameters));
    cross.pairs.forEach(({ score }, pair) =>
      assertLess(Math.abs(logits[pair]! - score), 1e-13)
    );
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
