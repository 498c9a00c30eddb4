import { type DocumentForm, PUNCTUATION } from "../../text/document_form.ts";
import type { QueryExpansion, QueryForm } from "../../text/query_form.ts";

/** How queries and documents become tokens. */
export interface TextForms {
  /** The query's form. */
  readonly queryForm: QueryForm;
  /** The document's form. */
  readonly documentForm: DocumentForm;
}

/** Fields of a model's configuration file. */
export type Fields = Readonly<Record<string, unknown>>;

/** The expansions that a file may name. */
const EXPANSIONS: readonly QueryExpansion[] = [
  "none",
  "fixed",
  "plus8",
  "dynamic-paper",
  "dynamic-code",
];

/**
 * Reads the forms from PyLate's `config_sentence_transformers.json`.
 *
 * Absent fields have PyLate's defaults: 32 and 180 tokens, expansion to a fixed
 * length that is not attended to, punctuation dropped from documents; a prefix
 * of `""` is none. `query_expansion` is our own field, for the forms that PyLate
 * lacks; PyLate's `do_query_expansion` goes before it.
 *
 * A side's prompt is the entry `query`, or `document` (else `passage`, `corpus`), of `prompts`, else
 * the one that `default_prompt_name` names.
 *
 * Source: PyLate 1.6.0, `models/colbert.py`.
 * Differs: PyLate leaves it to the caller to name the prompt of each side.
 *
 * @param fields The parsed file.
 * @param options Prefixes to take where the file names none.
 * @returns Both forms.
 * @throws {RangeError} If a field has a value that it cannot have.
 *
 * @example Usage
 * ```ts
 * import { readPyLateForms } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const { queryForm } = readPyLateForms({ query_length: 48, query_prefix: "[Q] " });
 * assertEquals(queryForm, {
 *   length: 48,
 *   expansion: "fixed",
 *   attendMask: false,
 *   marker: "[Q] ",
 * });
 * ```
 */
export function readPyLateForms(
  fields: Fields,
  { prefixes = {} }: {
    readonly prefixes?: { readonly query?: string; readonly document?: string };
  } = {},
): TextForms {
  const isFixed = bool(fields, "do_query_expansion", true);
  const expansion = isFixed
    ? "fixed"
    : oneOf(fields, "query_expansion", EXPANSIONS, "none");
  return {
    queryForm: {
      length: length(fields, "query_length", 32),
      expansion,
      attendMask: bool(fields, "attend_to_expansion_tokens", false),
      ...marker(text(fields, "query_prefix", prefixes.query ?? "")),
      ...prompt(fields, ["query"]),
    },
    documentForm: {
      length: length(fields, "document_length", 180),
      ...marker(text(fields, "document_prefix", prefixes.document ?? "")),
      ...prompt(fields, ["document", "passage", "corpus"]),
      skiplist: texts(fields, "skiplist_words", PUNCTUATION),
    },
  };
}

/**
 * Writes the forms as PyLate's fields; {@link readPyLateForms} reads them back.
 *
 * @param forms Both forms.
 * @returns Fields of `config_sentence_transformers.json`.
 *
 * @example Usage
 * ```ts
 * import { readPyLateForms, writePyLateForms } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const forms = readPyLateForms({ do_query_expansion: false, query_expansion: "plus8" });
 * assertEquals(readPyLateForms(writePyLateForms(forms)), forms);
 * ```
 */
export function writePyLateForms(
  { queryForm, documentForm }: TextForms,
): Fields {
  const isFixed = queryForm.expansion === "fixed";
  const hasPrompt = queryForm.prompt !== undefined ||
    documentForm.prompt !== undefined;
  return {
    query_prefix: queryForm.marker ?? "",
    document_prefix: documentForm.marker ?? "",
    query_length: queryForm.length,
    document_length: documentForm.length,
    attend_to_expansion_tokens: queryForm.attendMask,
    skiplist_words: documentForm.skiplist ?? [],
    do_query_expansion: isFixed,
    ...(!isFixed && { query_expansion: queryForm.expansion }),
    ...(hasPrompt && {
      prompts: {
        query: queryForm.prompt ?? "",
        document: documentForm.prompt ?? "",
      },
    }),
  };
}

/**
 * Reads the forms from Stanford ColBERT's `artifact.metadata`.
 *
 * Source: ColBERT v2, `infra/config/settings.py`; absent fields have its
 * defaults: markers `[unused0]` and `[unused1]`, 32 and 220 tokens, punctuation
 * dropped, expansion not attended to.
 *
 * @param fields The parsed file; empty where there is none.
 * @returns Both forms.
 * @throws {RangeError} If a field has a value that it cannot have.
 *
 * @example Usage
 * ```ts
 * import { readStanfordForms } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const { documentForm } = readStanfordForms({ doc_maxlen: 300, mask_punctuation: false });
 * assertEquals(documentForm, { length: 300, marker: "[unused1]", skiplist: [] });
 * ```
 */
export function readStanfordForms(fields: Fields): TextForms {
  return {
    queryForm: {
      length: length(fields, "query_maxlen", 32),
      expansion: "fixed",
      attendMask: bool(fields, "attend_to_mask_tokens", false),
      ...marker(text(fields, "query_token_id", "[unused0]")),
    },
    documentForm: {
      length: length(fields, "doc_maxlen", 220),
      ...marker(text(fields, "doc_token_id", "[unused1]")),
      skiplist: bool(fields, "mask_punctuation", true) ? PUNCTUATION : [],
    },
  };
}

/** A marker field, left out where the text is empty. */
function marker(token: string): { readonly marker?: string } {
  return token === "" ? {} : { marker: token };
}

/** A side's prompt, left out where there is none. */
function prompt(
  fields: Fields,
  sides: readonly string[],
): { readonly prompt?: string } {
  const known = field(fields, "prompts", {});
  if (typeof known !== "object" || Array.isArray(known)) {
    throw refuse("prompts", "an object of texts", known);
  }
  const prompts = known as Fields;
  const general = field(fields, "default_prompt_name", undefined);
  const names = [...sides, ...(typeof general === "string" ? [general] : [])];
  const name = names.find((side) => Object.hasOwn(prompts, side));
  if (name === undefined) return {};
  const words = text(prompts, name, "");
  return words === "" ? {} : { prompt: words };
}

/** A field, or its default where it is absent or null. */
function field<T>(fields: Fields, name: string, fallback: T): unknown {
  return (Object.hasOwn(fields, name) ? fields[name] : undefined) ?? fallback;
}

/** A length in tokens. */
function length(fields: Fields, name: string, fallback: number): number {
  const value = field(fields, name, fallback);
  if (
    Number.isInteger(value) && value as number >= 3 && value as number < 1e6
  ) {
    return value as number;
  }
  throw refuse(name, "a whole number from 3", value);
}

/** A yes or no. */
function bool(fields: Fields, name: string, fallback: boolean): boolean {
  const value = field(fields, name, fallback);
  if (typeof value === "boolean") return value;
  throw refuse(name, "true or false", value);
}

/** A text. */
function text(fields: Fields, name: string, fallback: string): string {
  const value = field(fields, name, fallback);
  if (typeof value === "string") return value;
  throw refuse(name, "a text", value);
}

/** A list of texts. */
function texts(
  fields: Fields,
  name: string,
  fallback: readonly string[],
): readonly string[] {
  const value = field(fields, name, fallback);
  if (
    Array.isArray(value) && value.every((item) => typeof item === "string")
  ) return value;
  throw refuse(name, "a list of texts", value);
}

/** One of a few names. */
function oneOf<T extends string>(
  fields: Fields,
  name: string,
  known: readonly T[],
  fallback: T,
): T {
  const value = field(fields, name, fallback);
  const found = known.find((item) => item === value);
  if (found !== undefined) return found;
  throw refuse(name, `one of ${known.join(", ")}`, value);
}

/** The error of a field that has a value it cannot have. */
function refuse(name: string, expected: string, got: unknown): RangeError {
  return new RangeError(
    `Cannot read a model's configuration: expected ${expected} as ${name}, got ${
      JSON.stringify(got)?.slice(0, 60)
    }`,
  );
}
