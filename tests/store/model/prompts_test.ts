import "#tests/support/permitted.ts";
import { readPyLateForms, writePyLateForms } from "#lib/store/model/forms.ts";
import { loadModel } from "#lib/store/model/load_model.ts";
import { saveModel } from "#lib/store/model/save_model.ts";
import { packDocuments } from "#lib/text/document_form.ts";
import { packQueries } from "#lib/text/query_form.ts";
import { assertEquals, assertLess, assertThrows } from "@std/assert";
import facts from "#tests/fixtures/store/prompts.json" with { type: "json" };
import { inTemporaryFolder } from "../failing_file_system.ts";
import { encoded, largestDifference, loadChanged } from "./tiny_models.ts";

/** The tiny PyLate model with prompts in its configuration. */
function prompted(prompts: unknown = facts.prompts) {
  return loadChanged("pylate", async (folder) => {
    const path = `${folder}/config_sentence_transformers.json`;
    const fields = JSON.parse(await Deno.readTextFile(path));
    await Deno.writeTextFile(path, JSON.stringify({ ...fields, prompts }));
  });
}

Deno.test("loadModel() encodes as PyLate does where each side has a prompt", async () => {
  const model = await prompted();
  const got = await encoded(model, facts.texts);
  assertLess(largestDifference(got.queries, facts.queries), 2e-6);
  assertLess(largestDifference(got.documents, facts.documents), 2e-6);
});

Deno.test("packQueries() and packDocuments() count a prompt's tokens in the length", async () => {
  const { tokenizer, queryForm, documentForm } = await prompted();
  const names = (ids: Int32Array) => [...ids].map(tokenizer.token);
  const query = packQueries(["tokens"], tokenizer, queryForm);
  assertEquals(names(query.ids).slice(0, 8), [
    "[CLS]",
    "[Q] ",
    "what",
    "query",
    ":",
    "token",
    "##s",
    "[SEP]",
  ]);
  assertEquals(query.ids.length, 12);
  const long = packDocuments(["one ".repeat(40)], tokenizer, documentForm);
  assertEquals(long.ids.length, 14);
  assertEquals(names(long.ids).slice(1, 6), [
    "[D] ",
    "the",
    "text",
    ":",
    "one",
  ]);
});

Deno.test("packDocuments() still refuses a text without a word of its own", async () => {
  const { tokenizer, documentForm } = await prompted();
  assertThrows(
    () => packDocuments([" "], tokenizer, documentForm),
    RangeError,
    'expected a text with at least one token, got " "',
  );
});

Deno.test("loadModel() gives back the prompts that saveModel() was given", async () => {
  const model = await prompted();
  await inTemporaryFolder(async (parent) => {
    await saveModel(`${parent}/m`, model, model.parameters);
    const again = await loadModel(`${parent}/m`);
    assertEquals(again.queryForm, model.queryForm);
    assertEquals(again.documentForm, model.documentForm);
  });
});

Deno.test("readPyLateForms() takes a side's own prompt, else the default one, and refuses other things", () => {
  const prompts = (fields: Record<string, unknown>) => {
    const { queryForm, documentForm } = readPyLateForms(fields);
    return [queryForm.prompt, documentForm.prompt];
  };
  assertEquals(prompts({}), [undefined, undefined]);
  assertEquals(prompts({ prompts: { query: "", document: "" } }), [
    undefined,
    undefined,
  ]);
  assertEquals(prompts({ prompts: { query: "q: ", passage: "p: " } }), [
    "q: ",
    "p: ",
  ]);
  assertEquals(
    prompts({
      prompts: { query: "q: ", both: "b: " },
      default_prompt_name: "both",
    }),
    ["q: ", "b: "],
  );
  const fields = { prompts: { query: "q: " } };
  assertEquals(
    prompts({ ...writePyLateForms(readPyLateForms(fields)) }),
    ["q: ", undefined],
  );
  for (const wrong of [[], "x", { query: 3 }]) {
    assertThrows(
      () => readPyLateForms({ prompts: wrong }),
      RangeError,
      "Cannot read a model's configuration: expected",
    );
  }
});
