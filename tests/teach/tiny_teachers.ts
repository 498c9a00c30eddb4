import { stream } from "#lib/num/stream.ts";
import { loadModel } from "#lib/store/model/load_model.ts";
import { saveModel } from "#lib/store/model/save_model.ts";
import { readSafetensors } from "#lib/store/weights/read_safetensors.ts";
import type { Weight } from "#lib/store/weights/weight_map.ts";
import { writeSafetensors } from "#lib/store/weights/write_safetensors.ts";
import { TINY_CONFIG, writeTinyModel } from "#tests/support/tiny_model.ts";

/** Random numbers of a shape. */
function random(name: string, shape: readonly number[]): Weight {
  const { normal } = stream(7, name);
  const size = shape.reduce((product, n) => product * n, 1);
  const values = Float32Array.from({ length: size }, () => 0.4 * normal());
  return { shape, values };
}

/** Writes a random cross-encoder that knows the words of the tiny collection. */
export async function writeTinyCrossEncoder(folder: string): Promise<string> {
  await writeTinyModel(folder, 5);
  const { hidden_size: h } = TINY_CONFIG;
  const below = await readSafetensors(`${folder}/model.safetensors`);
  const config = {
    ...TINY_CONFIG,
    model_type: "bert",
    architectures: ["BertForSequenceClassification"],
    num_labels: 1,
  };
  await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify(config));
  await writeSafetensors(`${folder}/model.safetensors`, {
    ...Object.fromEntries(
      Object.entries(below).map(([name, weight]) => [`bert.${name}`, weight]),
    ),
    "bert.pooler.dense.weight": random("pooler", [h, h]),
    "bert.pooler.dense.bias": random("pooler bias", [h]),
    "classifier.weight": random("classifier", [1, h]),
    "classifier.bias": random("classifier bias", [1]),
  });
  return folder;
}

/** Writes a random ColBERT that knows the words of the tiny collection. */
export async function writeTinyColbert(folder: string): Promise<string> {
  const base = `${folder}-base`;
  const model = await loadModel(await writeTinyModel(base, 6), { dim: 12 });
  await saveModel(folder, model, {
    ...model.parameters,
    "head.weight": random("head", [12, TINY_CONFIG.hidden_size]),
  });
  await Deno.remove(base, { recursive: true });
  return folder;
}
