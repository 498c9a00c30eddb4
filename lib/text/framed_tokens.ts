import type { Tokenizer } from "./tokenizer.ts";

/** What texts are called where one of them is refused. */
export interface TextIds {
  /** Their ids, `[texts]`. Default: places from 0. */
  readonly ids?: readonly string[];
}

/**
 * What a refused text is called: its id, or its place.
 *
 * @param place Its place, from 0.
 * @param ids The ids, where there are any.
 * @returns What an error says.
 */
export function textName(place: number, ids: TextIds["ids"]): string {
  return ids?.[place] === undefined ? `${place}` : JSON.stringify(ids[place]);
}

/** What stands around the words of a text, and how many fit. */
export interface Frame extends TextIds {
  /** What the texts are, for messages: "query" or "document". */
  readonly role: string;
  /** Most tokens of a text, special tokens included. */
  readonly length: number;
  /** Vocabulary token put after [CLS]; absent for none. */
  readonly marker?: string;
  /** Put before every text, as it is, spaces too; its tokens count. Absent for none. */
  readonly prompt?: string;
}

/**
 * Turns texts into `[CLS] marker prompt words [SEP]`, cut so that [SEP] always stays.
 *
 * A vocabulary without [CLS] or [SEP] has none around its words. White space around prompt
 * and text goes, as in sentence-transformers; byte-level vocabularies would see it.
 *
 * @param texts The strings.
 * @param tokenizer Splits them.
 * @param frame Length, marker and prompt.
 * @returns Ids of each text, `[texts][tokens]`.
 * @throws {RangeError} If the length leaves no room for a word, the vocabulary lacks
 * the marker, or a text has no token; the text's id, or place, is named.
 *
 * @example Usage
 * ```ts
 * import { bertTokenizer, framedTokens, wordPieceJson } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const tokenizer = bertTokenizer(wordPieceJson("[UNK]\n[CLS]\n[SEP]\nlate\n"));
 * const frame = { role: "query", length: 4 };
 * assertEquals(framedTokens(["late late late"], tokenizer, frame), [[1, 3, 3, 2]]);
 * ```
 */
export function framedTokens(
  texts: readonly string[],
  tokenizer: Tokenizer,
  { role, length, marker, prompt = "", ids }: Frame,
): number[][] {
  const before = [
    ...optional(tokenizer.special.cls),
    ...markerId(tokenizer, { role, marker }),
  ];
  const after = optional(tokenizer.special.sep);
  const room = length - before.length - after.length;
  if (!Number.isInteger(length) || room < 1) {
    throw new RangeError(
      `Cannot encode ${
        role === "query" ? "queries" : `${role}s`
      }: expected a length of at least ` +
        `${
          length - room + 1
        } tokens (special tokens and one of the text), got ${length}`,
    );
  }
  return texts.map((text, index) => {
    const words = text.trim() === ""
      ? []
      : tokenizer.encode((prompt + text).trim());
    if (words.length > 0) return [...before, ...words.slice(0, room), ...after];
    throw new RangeError(
      `Cannot encode ${role} ${
        textName(index, ids)
      }: expected a text with at least one token, got ${JSON.stringify(text)}`,
    );
  });
}

/** A list of the one id, or of none. */
function optional(id: number | undefined): number[] {
  return id === undefined ? [] : [id];
}

/** The marker's id as a list, which is empty where no marker is wanted. */
function markerId(
  tokenizer: Tokenizer,
  { role, marker }: {
    readonly role: string;
    readonly marker: string | undefined;
  },
): number[] {
  if (marker === undefined) return [];
  const id = tokenizer.id(marker);
  if (id !== undefined) return [id];
  throw new RangeError(
    `Cannot mark a ${role}: expected "${marker}" in the vocabulary, got none ` +
      `(take a token it has, such as "[unused0]", or leave the marker out)`,
  );
}
