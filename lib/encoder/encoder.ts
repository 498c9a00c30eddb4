import type { Parameters, Tensor } from "../engine/tensor.ts";
import type { PackedTokens } from "../text/packed_tokens.ts";
import type { HeadLayer } from "./head_layers.ts";

/** One vector a token of many texts, laid end to end like their tokens. */
export interface TokenVectors {
  /** `[tokens, dim]`. */
  readonly values: Tensor;
  /** Where each text begins, `[texts + 1]`. */
  readonly offsets: Int32Array;
  /** 1 where scoring counts the token, `[tokens]`. */
  readonly keep: Uint8Array;
}

/** What a dropout mask depends on; see `engine/ops/dropout.ts`. */
export interface Dropout {
  /** Share of features set to zero, `[0, 1)`. */
  readonly rate: number;
  /** Key of the named stream. */
  readonly key: number;
  /** Optimisation step. */
  readonly step: number;
  /** Index in the whole run's batch of each packed text, `[texts]`. */
  readonly texts: Int32Array;
}

/** Settings of one encoding. */
export interface EncodeOptions {
  /** Hidden dropout; absent when evaluating. */
  readonly dropout?: Dropout;
}

/** Token ids to token vectors, a pure function of its arguments. */
export interface Encoder {
  /** Length of a vector. */
  readonly dim: number;
  /** Length of a token state, what the head reads. */
  readonly hidden: number;
  /** Longest text it takes, in tokens. */
  readonly maxTokens: number;
  /** Name and shape of every parameter it reads. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** The layers of the head. Default: one, linear and without bias. */
  readonly head?: readonly HeadLayer[];
  /**
   * Encodes a batch of texts of any lengths.
   *
   * @param tokens The texts.
   * @param parameters Weights by name, as `shapes` lists them.
   * @param options Dropout.
   * @returns One unit vector a token, `[tokens, dim]`; the caller disposes it.
   */
  encode(
    tokens: PackedTokens,
    parameters: Parameters,
    options?: EncodeOptions,
  ): TokenVectors;
  /**
   * Gives what the head would read: the last layer's output, neither projected nor
   * scaled. The head need not be among the parameters.
   *
   * @param tokens The texts.
   * @param parameters Weights by name, as `shapes` lists them.
   * @param options Dropout.
   * @returns One state a token, `[tokens, hidden]`; the caller disposes it.
   */
  tokenStates(
    tokens: PackedTokens,
    parameters: Parameters,
    options?: EncodeOptions,
  ): TokenVectors;
}
