/** Turns strings into vocabulary ids; knows nothing of queries or documents. */
export interface Tokenizer {
  /** Number of ids, so that every id is below it. */
  readonly vocabularySize: number;
  /** Ids of the special tokens; absent where the vocabulary has none. */
  readonly special: {
    readonly cls?: number;
    readonly sep?: number;
    readonly mask?: number;
    readonly pad?: number;
    readonly unknown?: number;
  };
  /**
   * Splits a text into ids, without special tokens and without truncation.
   *
   * @param text Any string.
   */
  encode(text: string): number[];
  /**
   * The piece an id stands for.
   *
   * @param id A vocabulary id.
   */
  token(id: number): string;
  /**
   * The id of a piece, or `undefined` where the vocabulary lacks it.
   *
   * @param token A piece as the vocabulary spells it.
   */
  id(token: string): number | undefined;
}
