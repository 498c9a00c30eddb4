import { documentParts, type PartsForm } from "../text/document_parts.ts";

/** A collection cut into parts, which are searched like documents. */
export interface PartedDocuments {
  /** Texts of the parts by their ids. */
  readonly parts: ReadonlyMap<string, string>;
  /**
   * The document that a part is of.
   *
   * @param part The part's id.
   */
  documentOf(part: string): string;
}

/**
 * Cuts every document of a collection into parts.
 *
 * A part's id is its place in the collection, never shown to anybody.
 *
 * @param documents Texts by id.
 * @param form How they are cut.
 * @returns The parts, and whose they are.
 * @throws {RangeError} If the form is not one.
 *
 * @example Usage
 * ```ts
 * import { partedDocuments } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const documents = new Map([["d1", "one two three"], ["d2", "four"]]);
 * const { parts, documentOf } = partedDocuments(documents, { words: 2, stride: 2 });
 * assertEquals([...parts.values()], ["one two", "three", "four"]);
 * assertEquals([...parts.keys()].map(documentOf), ["d1", "d1", "d2"]);
 * ```
 */
export function partedDocuments(
  documents: ReadonlyMap<string, string>,
  form: PartsForm,
): PartedDocuments {
  const parts = new Map<string, string>();
  const owners: string[] = [];
  for (const [id, text] of documents) {
    for (const part of documentParts(text, form)) {
      parts.set(`${owners.length}`, part);
      owners.push(id);
    }
  }
  return { parts, documentOf: (part) => owners[Number(part)]! };
}
