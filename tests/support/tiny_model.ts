import { type BertConfig, bertConfig } from "#lib/encoder/bert_config.ts";
import { bertEncoder } from "#lib/encoder/bert_encoder.ts";
import { writeBertCheckpoint } from "#lib/encoder/bert_checkpoint.ts";
import { stream } from "#lib/num/stream.ts";
import type { WeightMap } from "#lib/store/weights/weight_map.ts";
import { writeSafetensors } from "#lib/store/weights/write_safetensors.ts";
import { wordPieceJson } from "#lib/text/word_piece_json.ts";
import { ALIASES, FILLERS, WORDS } from "./tiny_data.ts";

/** Special tokens, the words of the tiny data, and letters for all other words. */
const PIECES: readonly string[] = [
  ...["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[unused0]", "[unused1]"],
  ...WORDS,
  ...ALIASES,
  ...FILLERS,
  ".",
  ...letters(""),
  ...letters("##"),
];

/** Sizes of the tiny model: 2 layers of 16, 2 heads, texts of at most 64 tokens. */
export const TINY_CONFIG: BertConfig = bertConfig({
  vocab_size: PIECES.length,
  hidden_size: 16,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 32,
  max_position_embeddings: 64,
});

/** Random weights of the tiny model, without a head; the same ones for a seed. */
export function tinyWeights(seed = 1): WeightMap {
  const { shapes } = bertEncoder(TINY_CONFIG);
  const names = Object.keys(shapes).filter((name) => name !== "head.weight");
  return Object.fromEntries(names.map((name) => {
    const { normal } = stream(seed, name);
    const shape = shapes[name]!;
    const size = shape.reduce((product, length) => product * length, 1);
    const centre = name.endsWith(".gain") ? 1 : 0;
    const width = name.endsWith(".weight") ? 0.08 : 0.05;
    const spread = name.startsWith("embeddings.word") ? 1 : width;
    const values = Float32Array.from(
      { length: size },
      () => centre + spread * normal(),
    );
    return [name, { shape, values }];
  }));
}

/**
 * Writes a tiny random BERT, usable as `--model DIR`, in the plain form of
 * Hugging Face: `config.json`, `vocab.txt`, `tokenizer.json`, `model.safetensors`.
 *
 * @param folder Made if absent.
 * @param seed Of the weights.
 * @returns The folder.
 */
export async function writeTinyModel(
  folder: string,
  seed = 1,
): Promise<string> {
  await Deno.mkdir(folder, { recursive: true });
  const vocabulary = PIECES.join("\n") + "\n";
  const config = { model_type: "bert", ...TINY_CONFIG };
  const write = (name: string, text: string) =>
    Deno.writeTextFile(`${folder}/${name}`, text);
  await write("config.json", JSON.stringify(config));
  await write("vocab.txt", vocabulary);
  await write("tokenizer.json", JSON.stringify(wordPieceJson(vocabulary)));
  await writeSafetensors(
    `${folder}/model.safetensors`,
    writeBertCheckpoint(tinyWeights(seed)),
    { digest: true },
  );
  return folder;
}

/** The letters, each with something before it. */
function letters(before: string): string[] {
  return [..."abcdefghijklmnopqrstuvwxyz"].map((letter) => before + letter);
}
