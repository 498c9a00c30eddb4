import { configNumber, configObject, refuseConfig } from "./read_config.ts";

/** Sizes of a Universal Sentence Encoder Lite, by the names its `config.json` gives them. */
export interface UseLiteConfig {
  /** Pieces; the published table has two rows more than the vocabulary. Default 8,002. */
  readonly vocab_size: number;
  /** Width of the embeddings and of the first layer's attention. Default 256. */
  readonly embedding_size: number;
  /** Length of a token state. Default 512. */
  readonly hidden_size: number;
  /** Layers. Default 2. */
  readonly num_hidden_layers: number;
  /** Attention heads of every layer. Default 4. */
  readonly num_attention_heads: number;
  /** Width of the feed-forward part. Default 1,536. */
  readonly intermediate_size: number;
  /** Longest text, in tokens. Default 128. */
  readonly max_position_embeddings: number;
  /** Added to the variance in layer norms. Default 1e-6. */
  readonly layer_norm_eps: number;
}

/**
 * Reads the sizes of a Universal Sentence Encoder Lite; absent ones are the published
 * model's.
 *
 * @param json A parsed `config.json`; `{}` is the published model.
 * @returns All sizes.
 * @throws {RangeError} If a size is absurd, or they do not fit each other.
 *
 * @example Usage
 * ```ts
 * import { useLiteConfig } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(useLiteConfig({}).hidden_size, 512);
 * ```
 */
export function useLiteConfig(json: unknown): UseLiteConfig {
  const fields = configObject(json);
  const size = (name: string, most: number, fallback: number) =>
    configNumber(fields, name, { least: 1, most, fallback });
  const config = {
    vocab_size: size("vocab_size", 1e7, 8002),
    embedding_size: size("embedding_size", 8192, 256),
    hidden_size: size("hidden_size", 8192, 512),
    num_hidden_layers: size("num_hidden_layers", 100, 2),
    num_attention_heads: size("num_attention_heads", 8192, 4),
    intermediate_size: size("intermediate_size", 65536, 1536),
    max_position_embeddings: size("max_position_embeddings", 65536, 128),
    layer_norm_eps: configNumber(fields, "layer_norm_eps", {
      least: 1e-20,
      most: 1,
      whole: false,
      fallback: 1e-6,
    }),
  };
  const { embedding_size, hidden_size, num_attention_heads: heads } = config;
  if (embedding_size % 2 !== 0) {
    throw refuseConfig("embedding_size an even number", embedding_size);
  }
  for (const [name, width] of Object.entries({ embedding_size, hidden_size })) {
    if (width % heads !== 0) {
      throw refuseConfig(
        `${name} a multiple of num_attention_heads ${heads}`,
        width,
      );
    }
  }
  return config;
}
