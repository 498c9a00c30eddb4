import type { WeightMap } from "#lib/store/weights/weight_map.ts";
import { writeSafetensors } from "#lib/store/weights/write_safetensors.ts";
import { wordPieceJson } from "#lib/text/word_piece_json.ts";
import cross from "#tests/fixtures/encoder/cross_encoder.json" with {
  type: "json",
};

/** What is written instead of the fixture's. */
export interface CrossEncoderChanges {
  /** Fields of `config.json`. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Content of `tokenizer_config.json`. */
  readonly tokenizer?: Readonly<Record<string, unknown>>;
  /** Changes the weights. */
  readonly weights?: (weights: WeightMap) => WeightMap;
}

/**
 * Writes the cross-encoder of `cross_encoder.json` as Hugging Face does.
 *
 * @param folder Made if absent.
 * @param changes What is written otherwise.
 * @returns The folder.
 */
export async function writeCrossEncoder(
  folder: string,
  changes: CrossEncoderChanges = {},
): Promise<string> {
  const { config = {}, weights = (same) => same } = changes;
  const { tokenizer = { model_max_length: cross.length } } = changes;
  const write = (name: string, value: unknown) =>
    Deno.writeTextFile(`${folder}/${name}`, JSON.stringify(value));
  await Deno.mkdir(folder, { recursive: true });
  await write("config.json", { ...cross.config, ...config });
  await write("tokenizer_config.json", tokenizer);
  await write("tokenizer.json", wordPieceJson(cross.vocabulary.join("\n")));
  const own = Object.fromEntries(
    Object.entries(cross.weights).map(([name, { shape, values }]) => [
      name,
      { shape, values: Float32Array.from(values) },
    ]),
  );
  await writeSafetensors(`${folder}/model.safetensors`, weights(own));
  return folder;
}
