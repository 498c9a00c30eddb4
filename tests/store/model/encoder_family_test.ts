import "#tests/support/permitted.ts";
import type { Encoder } from "#lib/encoder/encoder.ts";
import { stream } from "#lib/num/stream.ts";
import { trainCommand } from "#lib/cli/train.ts";
import { ENCODER_FAMILIES, familyOf } from "#lib/store/model/encoder_family.ts";
import { loadModel } from "#lib/store/model/load_model.ts";
import type { ModelFamily } from "#lib/store/model/model.ts";
import { saveModel } from "#lib/store/model/save_model.ts";
import { writeSafetensors } from "#lib/store/weights/write_safetensors.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";
import tokenizers from "#tests/fixtures/text/json_tokenizer.json" with {
  type: "json",
};
import { asFlags } from "#tests/support/run_task.ts";
import { withTinyFiles } from "#tests/train/tiny_training.ts";
import { silenced } from "#tests/cli/refusal.ts";
import { inTemporaryFolder } from "../failing_file_system.ts";

/** Sizes that every family below shares, by BERT's names. */
const SIZES = {
  vocab_size: 1200,
  hidden_size: 8,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 12,
  max_position_embeddings: 64,
};

/** Each family: its configuration, and a tokenizer such as it has. */
const FOLDERS = {
  "distilbert": [{}, tokenizers.modernBert],
  "roberta": [{ type_vocab_size: 1 }, tokenizers.modernBert],
  "xlm-roberta": [{ type_vocab_size: 1 }, tokenizers.xlmR],
  "modernbert": [{ local_attention: 4 }, tokenizers.modernBert],
  "bert": [{}, tokenizers.llmJp],
} as const;

/** Random weights of an encoder, without its head. */
function randomWeights(encoder: Encoder) {
  const names = Object.keys(encoder.shapes).filter((name) =>
    !name.startsWith("head.")
  );
  return Object.fromEntries(names.map((name) => {
    const shape = encoder.shapes[name]!;
    const { normal } = stream(1, name);
    const centre = name.endsWith(".gain") ? 1 : 0;
    const size = shape.reduce((product, n) => product * n, 1);
    const values = Float32Array.from(
      { length: size },
      () => centre + 0.3 * normal(),
    );
    return [name, { shape, values }];
  }));
}

/** Writes a folder of a family as transformers would. */
async function writeFolder(folder: string, family: keyof typeof FOLDERS) {
  const [fields, { tokenizer, config: names }] = FOLDERS[family];
  const config = { model_type: family, ...SIZES, ...fields };
  const { encoder, write } = ENCODER_FAMILIES[family];
  const weights = randomWeights(encoder(config, { dim: 4 }));
  const text = (name: string, value: unknown) =>
    Deno.writeTextFile(`${folder}/${name}`, JSON.stringify(value));
  await text("config.json", config);
  await text("tokenizer.json", tokenizer);
  await text("tokenizer_config.json", names);
  await writeSafetensors(`${folder}/model.safetensors`, write(weights));
  return weights;
}

for (const family of Object.keys(FOLDERS) as (keyof typeof FOLDERS)[]) {
  Deno.test(`loadModel() loads a folder of model_type "${family}", and what saveModel() makes of it`, async () => {
    await inTemporaryFolder(async (parent) => {
      const weights = await writeFolder(parent, family);
      const model = await loadModel(parent, { dim: 4 });
      assertEquals([model.family, model.unused], [family, []]);
      assertEquals(model.parameters, weights);
      const head = {
        shape: [4, 8],
        values: Float32Array.from({ length: 32 }, (_, i) => Math.sin(i)),
      };
      const whole = { ...model.parameters, "head.weight": head };
      await saveModel(`${parent}/saved`, model, whole);
      const again = await loadModel(`${parent}/saved`);
      assertEquals(again.parameters, whole);
      assertEquals(again.queryForm, model.queryForm);
      const { architectures } = again.config;
      assert(/^\w+Model$/.test(`${(architectures as string[])[0]}`));
      const text = "naïve 東京 interaction";
      assertEquals(again.tokenizer.encode(text), model.tokenizer.encode(text));
    });
  });
}

Deno.test("train takes a ModernBERT's folder and leaves one that loads", async () => {
  await withTinyFiles(async ({ root, data }) => {
    const folder = `${root}/modern`;
    await Deno.mkdir(folder);
    await writeFolder(folder, "modernbert");
    const words = {
      model: folder,
      data,
      out: `${root}/run`,
      steps: 2,
      batch: 2,
      ways: 2,
      dim: 4,
      engine: "wasm",
    };
    const { value } = await silenced(() =>
      trainCommand(asFlags(words), new AbortController().signal)
    );
    assertEquals(value, 0);
    const trained = await loadModel(`${root}/run/model`);
    assertEquals([trained.family, trained.hasHead], ["modernbert", true]);
  });
});

Deno.test("familyOf() names the families that it knows", () => {
  assertEquals(familyOf({}, "f"), "bert");
  const names = Object.keys(ENCODER_FAMILIES) as ModelFamily[];
  for (const name of names) {
    assertEquals(familyOf({ model_type: name }, "f"), name);
  }
  for (const type of ["toString", null, 3, "BERT"]) {
    assertThrows(
      () => familyOf({ model_type: type }, "f"),
      RangeError,
      "Cannot load f: expected a model_type among",
    );
  }
});
