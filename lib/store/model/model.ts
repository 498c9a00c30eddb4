import type { Encoder } from "../../encoder/encoder.ts";
import type { DocumentForm } from "../../text/document_form.ts";
import type { QueryForm } from "../../text/query_form.ts";
import type { Tokenizer } from "../../text/tokenizer.ts";
import type { WeightMap } from "../weights/weight_map.ts";

/** The kinds of encoder that can be loaded and saved. */
export type ModelFamily =
  | "bert"
  | "distilbert"
  | "roberta"
  | "xlm-roberta"
  | "modernbert"
  | "use-lite";

/** A retriever in memory: what a folder holds, ready to encode with. */
export interface Model {
  /** Where it came from: a folder, a hub id with its commit, or a package. */
  readonly origin: string;
  /** Which kind of encoder. */
  readonly family: ModelFamily;
  /** Token ids to vectors; `encoder.shapes` lists every parameter. */
  readonly encoder: Encoder;
  /** Texts to token ids. */
  readonly tokenizer: Tokenizer;
  /** Weights by our names, in plain memory; the head's only where `hasHead`. */
  readonly parameters: WeightMap;
  /** Whether the weights include the head; else it is to be made before encoding. */
  readonly hasHead: boolean;
  /** How a query becomes tokens. */
  readonly queryForm: QueryForm;
  /** How a document becomes tokens. */
  readonly documentForm: DocumentForm;
  /** The encoder's `config.json`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Tokenizer and licence files by name, copied when the model is saved. */
  readonly files: Readonly<Record<string, string>>;
  /** Names of the checkpoint that nobody reads: worth a look, seldom an error. */
  readonly unused: readonly string[];
}

/** Settings of loading. */
export interface LoadModelOptions {
  /**
   * Length of a vector. Default: the head's own, 128 where there is no head; a
   * head of another length is an error.
   */
  readonly dim?: number;
  /** Told what a user should know, such as that the hub was not asked. */
  readonly say?: (line: string) => void;
}
