import { bertEncoder } from "#lib/encoder/bert_encoder.ts";
import { stream } from "#lib/num/stream.ts";
import { packRows } from "#lib/text/pack_texts.ts";
import type { TrainingBatch } from "#lib/train/step.ts";
import { TINY_CONFIG, tinyWeights } from "#tests/support/tiny_model.ts";

/** Queries, and documents a query. */
export const [QUERIES, WAYS] = [5, 3];

/** The tiny model, with a head to 8 dimensions. */
export const encoder = bertEncoder(TINY_CONFIG, { dim: 8 });

const random = stream(4, "batch gradients");

/** Texts of unlike lengths, some of whose tokens neither count nor attend. */
function texts(count: number) {
  return packRows(Array.from({ length: count }, () => {
    const length = 2 + random.integer(7);
    const ids = Array.from({ length }, () => random.integer(60));
    const keep = ids.map((_, i) => i === 0 || random.next() < 0.8);
    return { ids, keep, attend: keep };
  }));
}

/** Five queries of three documents; the first positive answers the second query too. */
export const BATCH: TrainingBatch = {
  queries: texts(QUERIES),
  documents: texts(QUERIES * WAYS),
  ways: WAYS,
  excluded: Uint8Array.from(
    { length: QUERIES * QUERIES * WAYS },
    (_, i) => Number(i === QUERIES * WAYS),
  ),
  teacher: Float32Array.from(
    { length: QUERIES * WAYS },
    () => 3 * random.next(),
  ),
};

/** Its weights. */
export const weights = {
  ...tinyWeights(2),
  "head.weight": {
    shape: [8, 16],
    values: Float32Array.from({ length: 128 }, () => random.normal()),
  },
};
