import "#tests/support/permitted.ts";
import { loadModel } from "#lib/store/model/load_model.ts";
import { readSafetensors } from "#lib/store/weights/read_safetensors.ts";
import { writeSafetensors } from "#lib/store/weights/write_safetensors.ts";
import { assertRejects } from "@std/assert";
import { loadChanged, tinyModel } from "./tiny_models.ts";

/** Changes fields of a JSON file. */
async function edit(
  path: string,
  fields: Record<string, unknown>,
): Promise<void> {
  const before = JSON.parse(await Deno.readTextFile(path));
  await Deno.writeTextFile(path, JSON.stringify({ ...before, ...fields }));
}

Deno.test("loadModel() says what it takes when there is no such thing", async () => {
  await assertRejects(
    () => loadModel("./none"),
    Deno.errors.NotFound,
    'expected "use-lite", a folder, or a hub id',
  );
});

Deno.test("loadModel() refuses a head of another length than asked", async () => {
  await assertRejects(
    () => loadModel(tinyModel("pylate"), { dim: 9 }),
    RangeError,
    "vectors of 9: expected 8, as its head has, got 9",
  );
});

/** Faults of a folder, and the error each gives. */
const faults: readonly (readonly [
  what: string,
  model: string,
  change: (folder: string) => Promise<unknown>,
  kind: new (message?: string) => Error,
  says: string,
])[] = [
  [
    "no configuration",
    "pylate",
    (f) => Deno.remove(`${f}/config.json`),
    Deno.errors.NotFound,
    "config.json: expected a JSON file, got no such file",
  ],
  [
    "no weights",
    "pylate",
    (f) => Deno.remove(`${f}/model.safetensors`),
    Deno.errors.NotFound,
    "expected model.safetensors, got no such file (other forms, such as pytorch_model.bin, are not read",
  ],
  [
    "no tokenizer",
    "pylate",
    (f) => Deno.remove(`${f}/tokenizer.json`),
    Deno.errors.NotFound,
    "expected tokenizer.json or vocab.txt, got neither",
  ],
  [
    "a tokenizer in a form of Python's",
    "pylate",
    async (f) => {
      await Deno.rename(`${f}/tokenizer.json`, `${f}/sentencepiece.bpe.model`);
    },
    Deno.errors.NotFound,
    "(other forms, such as merges.txt or sentencepiece.bpe.model, are not read; transformers' save_pretrained writes",
  ],
  [
    "lower-casing that the tokenizer does not do",
    "pylate",
    async (f) => {
      await edit(`${f}/sentence_bert_config.json`, { do_lower_case: true });
      await edit(`${f}/tokenizer_config.json`, { do_lower_case: false });
    },
    RangeError,
    "expected do_lower_case false in sentence_bert_config.json beside a tokenizer that keeps capitals, got true",
  ],
  [
    "another kind of encoder",
    "pylate",
    (f) => edit(`${f}/config.json`, { model_type: "t5" }),
    RangeError,
    '"modernbert", "use-lite" in config.json, got "t5"',
  ],
  [
    "a truncated weight file",
    "pylate",
    (f) => Deno.truncate(`${f}/model.safetensors`, 20_000),
    SyntaxError,
    "(truncated?)",
  ],
  [
    "a truncated head",
    "pylate",
    (f) => Deno.truncate(`${f}/1_Dense/model.safetensors`, 300),
    SyntaxError,
    "1_Dense/model.safetensors: expected",
  ],
  [
    "sizes that the weights do not have",
    "pylate",
    (f) => edit(`${f}/config.json`, { intermediate_size: 23 }),
    TypeError,
    'model.safetensors: expected tensor "encoder.layer.0.intermediate.dense.weight" [23, 16], got "encoder.layer.0.intermediate.dense.weight" [24, 16]',
  ],
  [
    "a form that is no number",
    "pylate",
    (f) =>
      edit(`${f}/config_sentence_transformers.json`, { query_length: "32" }),
    RangeError,
    'expected a whole number from 3 as query_length, got "32"',
  ],
  [
    "a form of sentence-transformers 6",
    "pylate",
    (f) =>
      edit(`${f}/config_sentence_transformers.json`, {
        model_type: "MultiVectorEncoder",
      }),
    RangeError,
    "got a MultiVectorEncoder of sentence-transformers 6",
  ],
  [
    "a broken tokenizer",
    "pylate",
    (f) => Deno.writeTextFile(`${f}/tokenizer.json`, "{"),
    SyntaxError,
    "tokenizer.json: expected JSON",
  ],
  [
    "modules that are no list",
    "pylate",
    (f) => Deno.writeTextFile(`${f}/modules.json`, "{}"),
    SyntaxError,
    "modules.json: expected a JSON list",
  ],
  [
    "a module outside the folder",
    "pylate",
    (f) =>
      Deno.writeTextFile(
        `${f}/modules.json`,
        '[{"idx":1,"path":"../x","type":"a.Dense"}]',
      ),
    SyntaxError,
    'expected plain folder names, got "../x"',
  ],
];

for (const [what, name, change, kind, says] of faults) {
  Deno.test(`loadModel() gives one clear error for ${what}`, async () => {
    await assertRejects(() => loadChanged(name, change), kind, "Cannot ");
    await assertRejects(() => loadChanged(name, change), kind, says);
  });
}

Deno.test("loadModel() names the tensor when a weight is not finite", async () => {
  const change = async (folder: string) => {
    const path = `${folder}/model.safetensors`;
    const tensors = await readSafetensors(path);
    tensors["embeddings.word_embeddings.weight"]!.values[3] = NaN;
    await writeSafetensors(path, tensors);
  };
  await assertRejects(
    () => loadChanged("pylate", change),
    RangeError,
    'got NaN in tensor "embeddings.word_embeddings.weight"',
  );
});
