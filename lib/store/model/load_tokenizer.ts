import {
  japaneseForm,
  japaneseTokenizer,
} from "../../text/japanese_tokenizer.ts";
import { withBertSettings } from "../../text/bert_settings.ts";
import { jsonTokenizer } from "../../text/json_tokenizer.ts";
import type { Tokenizer } from "../../text/tokenizer.ts";
import { unigramTokenizer } from "../../text/unigram_tokenizer.ts";
import {
  type WordPieceJson,
  wordPieceJson,
} from "../../text/word_piece_json.ts";
import { readJson, readJsonObject, readTextIfThere } from "../read_json.ts";
import { loadUnidic } from "./find_unidic.ts";

/** A tokenizer with the files it was made of. */
export interface LoadedTokenizer {
  /** Texts to token ids. */
  readonly tokenizer: Tokenizer;
  /** Files by name, to be copied when the model is saved. */
  readonly files: Readonly<Record<string, string>>;
}

/** What belongs to a tokenizer and to the terms it comes under. */
const TOKENIZER_FILES = [
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "vocab.txt",
  "LICENSE",
] as const;

/**
 * Loads the tokenizer of a folder: `tokenizer.json`, or a BERT's `vocab.txt` where there
 * is none, with the settings of `tokenizer_config.json`. One that names `BertJapaneseTokenizer` asks for MeCab,
 * whose dictionary must be installed (`pip install unidic-lite`).
 *
 * @param folder The model's folder.
 * @returns The tokenizer and its files; a `tokenizer.json` is among them, but for a
 * Japanese BERT.
 * @throws {SyntaxError} If a file does not parse.
 * @throws {RangeError} If a Japanese BERT asks for what is not offered, or
 * `sentence_bert_config.json` for lower-casing that the tokenizer does not do.
 * @throws {Deno.errors.NotFound} If neither file is there, or MeCab's dictionary is not.
 *
 * @example Usage
 * ```ts
 * import { loadTokenizer } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${folder}/vocab.txt`, "[UNK]\nlate\n");
 * const { tokenizer } = await loadTokenizer(folder);
 * assertEquals(tokenizer.encode("Late"), [1]);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function loadTokenizer(
  folder: string,
): Promise<LoadedTokenizer> {
  const files: Record<string, string> = {};
  for (const name of TOKENIZER_FILES) {
    const text = await readTextIfThere(`${folder}/${name}`);
    if (text !== undefined) files[name] = text;
  }
  const config = files["tokenizer_config.json"] === undefined
    ? {}
    : await readJsonObject(`${folder}/tokenizer_config.json`);
  if (isJapanese(config)) {
    return { tokenizer: await loadJapanese(folder, files, config), files };
  }
  const stored = files["tokenizer.json"] === undefined
    ? fromVocabulary(folder, files["vocab.txt"])
    : await readJson(`${folder}/tokenizer.json`);
  const json = withBertSettings(stored, config);
  if (json !== stored || files["tokenizer.json"] === undefined) {
    files["tokenizer.json"] = JSON.stringify(json);
  }
  const tokenizer = jsonTokenizer(json, config);
  await checkCase(folder, tokenizer);
  return { tokenizer, files };
}

/** Refuses lower-casing before the tokenizer, where that would change what it sees. */
async function checkCase(folder: string, tokenizer: Tokenizer): Promise<void> {
  const name = "sentence_bert_config.json";
  if (await readTextIfThere(`${folder}/${name}`) === undefined) return;
  const { do_lower_case } = await readJsonObject(`${folder}/${name}`);
  const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"].join(" ");
  const ids = (text: string) => `${tokenizer.encode(text)}`;
  if (do_lower_case !== true || ids(letters) === ids(letters.toLowerCase())) {
    return;
  }
  throw new RangeError(
    `Cannot load ${folder}: expected do_lower_case false in ${name} beside a tokenizer that ` +
      `keeps capitals, got true (let the normalizer of tokenizer.json lower them)`,
  );
}

/** Whether words are MeCab's: the class says so, or the kind of words. */
function isJapanese(config: Readonly<Record<string, unknown>>): boolean {
  const { tokenizer_class: name, word_tokenizer_type: words } = config;
  return name === "BertJapaneseTokenizer" || words === "mecab";
}

/** The tokenizer of a Japanese BERT: `vocab.txt`, and the dictionary on this machine. */
async function loadJapanese(
  folder: string,
  files: Readonly<Record<string, string>>,
  config: Readonly<Record<string, unknown>>,
): Promise<Tokenizer> {
  const vocabulary = files["vocab.txt"];
  if (vocabulary === undefined) {
    throw new Deno.errors.NotFound(
      `Cannot load ${folder}: expected vocab.txt beside a tokenizer_config.json of ` +
        `BertJapaneseTokenizer, got none`,
    );
  }
  japaneseForm(config);
  return japaneseTokenizer(vocabulary, {
    dictionary: await loadUnidic(),
    config,
  });
}

/** The `tokenizer.json` of a folder that has only a vocabulary. */
function fromVocabulary(
  folder: string,
  vocabulary: string | undefined,
): WordPieceJson {
  if (vocabulary !== undefined) return wordPieceJson(vocabulary);
  throw new Deno.errors.NotFound(
    `Cannot load ${folder}: expected tokenizer.json or vocab.txt, got neither ` +
      `(other forms, such as merges.txt or sentencepiece.bpe.model, are not read; ` +
      `transformers' save_pretrained writes a tokenizer.json of them)`,
  );
}

/**
 * Loads the tokenizer of a saved USE-lite: `vocab.json`.
 *
 * @param folder The model's folder.
 * @returns The tokenizer and its files.
 * @throws {SyntaxError} If the file does not parse.
 * @throws {Deno.errors.NotFound} If it is not there.
 *
 * @example Usage
 * ```ts
 * import { loadUnigramTokenizer } from "#lib/mod.ts";
 * import { assertRejects } from "@std/assert";
 *
 * await assertRejects(() => loadUnigramTokenizer("none"), Deno.errors.NotFound, "vocab.json");
 * ```
 */
export async function loadUnigramTokenizer(
  folder: string,
): Promise<LoadedTokenizer> {
  const vocabulary = await readJson(`${folder}/vocab.json`);
  const licence = await readTextIfThere(`${folder}/LICENSE`);
  return {
    tokenizer: unigramTokenizer(vocabulary),
    files: {
      "vocab.json": JSON.stringify(vocabulary),
      ...(licence !== undefined && { LICENSE: licence }),
    },
  };
}
