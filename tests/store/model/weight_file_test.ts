import "#tests/support/permitted.ts";
import { assertEquals, assertRejects } from "@std/assert";
import { loadModel } from "#lib/store/model/load_model.ts";
import { readWeightFile } from "#lib/store/model/weight_file.ts";
import { readSafetensors } from "#lib/store/weights/read_safetensors.ts";
import { writeSafetensors } from "#lib/store/weights/write_safetensors.ts";
import { inTemporaryFolder } from "../failing_file_system.ts";
import { copyFolder, loadChanged, tinyModel } from "./tiny_models.ts";

const INDEX = "model.safetensors.index.json";

/** Cuts a folder's weight file into two, as transformers does with a large one. */
async function cutInTwo(folder: string): Promise<void> {
  const whole = `${folder}/model.safetensors`;
  const entries = Object.entries(await readSafetensors(whole));
  const places: Record<string, string> = {};
  for (const part of [1, 2]) {
    const file = `model-0000${part}-of-00002.safetensors`;
    const own = entries.filter((_, place) => place % 2 === part - 1);
    await writeSafetensors(`${folder}/${file}`, Object.fromEntries(own));
    for (const [name] of own) places[name] = file;
  }
  await Deno.remove(whole);
  await list(folder, places);
}

/** Writes the list of the parts. */
async function list(folder: string, weight_map: unknown): Promise<void> {
  const text = JSON.stringify({ metadata: {}, weight_map });
  await Deno.writeTextFile(`${folder}/${INDEX}`, text);
}

Deno.test("loadModel() reads weights that are cut into several files", async () => {
  const whole = await loadModel(tinyModel("pylate"));
  const parts = await loadChanged("pylate", cutInTwo);
  assertEquals(parts.parameters, whole.parameters);
});

Deno.test("readWeightFile() refuses a list of parts that is not one, and parts that lack what it says", async () => {
  await inTemporaryFolder(async (folder) => {
    await copyFolder(tinyModel("pylate"), folder);
    await cutInTwo(folder);
    const text = await Deno.readTextFile(`${folder}/${INDEX}`);
    const { weight_map } = JSON.parse(text);
    const refused = (message: string) =>
      assertRejects(() => readWeightFile(folder), SyntaxError, message);
    const first = "model-00001-of-00002.safetensors";
    await list(folder, { ...weight_map, "another.weight": first });
    await refused(
      `${first}: expected tensor "another.weight", as ${INDEX} says, got none`,
    );
    await list(folder, { a: "../model.safetensors" });
    await refused('under "weight_map", got "../model.safetensors"');
    await list(folder, undefined);
    await refused('under "weight_map", got none');
    await list(folder, weight_map);
    await Deno.remove(`${folder}/${first}`);
    await assertRejects(
      () => readWeightFile(folder),
      Deno.errors.NotFound,
      `${first}: expected a safetensors file, got no such file`,
    );
  });
});
