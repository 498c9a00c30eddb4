import type { TinyFiles } from "#tests/train/tiny_training.ts";

/** Adds a line to a file. */
export const append = (path: string, line: string) =>
  Deno.writeTextFileSync(path, line + "\n", { append: true });

/** Adds a document. */
export const document = (line: string) => ({ data }: TinyFiles) =>
  append(`${data}/corpus.jsonl`, line);

/** Adds a judgement to train. */
export const judgement = (line: string) => ({ data }: TinyFiles) =>
  append(`${data}/qrels/train.tsv`, line);

/** Changes the bytes of the weight file. */
export const weights =
  (change: (bytes: Uint8Array) => Uint8Array) => ({ model }: TinyFiles) => {
    const path = `${model}/model.safetensors`;
    Deno.writeFileSync(path, change(Deno.readFileSync(path)));
  };

/** Turns one bit over, counted from the front or, if negative, from the end. */
export const flip = (at: number) => (bytes: Uint8Array) => {
  bytes[at < 0 ? bytes.length + at : at]! ^= 1;
  return bytes;
};
