/** Longest group of signs, in bytes, that is looked up whole. */
const LONGEST_GROUP = 5;

/**
 * Reads SentencePiece's compiled character map, by which XLM-R's texts are normalised:
 * NFKC with SentencePiece's own exceptions.
 *
 * The map is a trie of UTF-8 bytes (a Darts-clone double array) whose leaves point at
 * replacements. A group of signs that people see as one is looked up whole where it has
 * at most 5 bytes, else sign by sign; of several matching beginnings the shortest
 * counts, and the rest of the group is dropped with it.
 *
 * Source: SentencePiece's `normalizer.cc` for the format; the Rust library
 * `tokenizers` 0.23 (`spm_precompiled`) for the rules, its oddities too.
 *
 * @param base64 The field `precompiled_charsmap` of a `tokenizer.json`.
 * @returns What normalises a text.
 * @throws {SyntaxError} If the field is no such map.
 *
 * @example Usage
 * ```ts
 * import { precompiledCharsmap } from "#lib/mod.ts";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => precompiledCharsmap("AAAA"), SyntaxError, "expected a compiled character map");
 * ```
 */
export function precompiledCharsmap(base64: unknown): (text: string) => string {
  const { units, replacements } = parsed(base64);
  const groups = new Intl.Segmenter("en", { granularity: "grapheme" });
  const bytes = new TextEncoder();
  const lookUp = (chunk: Uint8Array): string | undefined => {
    const at = firstMatch(units, chunk);
    return at === undefined ? undefined : replacementAt(replacements, at);
  };
  const normalise = (group: string): string => {
    const coded = bytes.encode(group);
    const whole = coded.length <= LONGEST_GROUP ? lookUp(coded) : undefined;
    if (whole !== undefined) return whole;
    return Array.from(group, (sign) => lookUp(bytes.encode(sign)) ?? sign)
      .join("");
  };
  return (text) =>
    Array.from(groups.segment(text), ({ segment }) => normalise(segment))
      .join("");
}

/** The trie's units and the bytes of the replacements. */
function parsed(base64: unknown) {
  let data: Uint8Array<ArrayBuffer>;
  try {
    if (typeof base64 !== "string") throw new TypeError("no text");
    data = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
  } catch {
    throw refuse("a text in base64", typeof base64);
  }
  const view = new DataView(data.buffer);
  const size = data.length < 4 ? -1 : view.getUint32(0, true);
  if (size < 4 || size % 4 !== 0 || 4 + size > data.length) {
    throw refuse("a trie within it", `${size} bytes of ${data.length}`);
  }
  const units = Uint32Array.from(
    { length: size / 4 },
    (_, i) => view.getUint32(4 + 4 * i, true),
  );
  return { units, replacements: data.subarray(4 + size) };
}

/** Says what about the map is wrong. */
function refuse(expected: string, got: string): SyntaxError {
  return new SyntaxError(
    `Cannot read tokenizer.json: expected a compiled character map with ${expected}, got ${got}`,
  );
}

/** Value of the shortest key that the bytes begin with. */
function firstMatch(units: Uint32Array, chunk: Uint8Array): number | undefined {
  let node = offsetOf(units[0]!);
  for (const byte of chunk) {
    if (byte === 0) return undefined;
    node ^= byte;
    const unit = units[node] ?? 0;
    if ((unit & 0x800000ff) !== byte) return undefined;
    node ^= offsetOf(unit);
    if ((unit >>> 8 & 1) === 1) return (units[node] ?? 0) & 0x7fffffff;
  }
  return undefined;
}

/** How far a unit's children are away. */
function offsetOf(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}

/** The text from a place to the next zero byte. */
function replacementAt(replacements: Uint8Array, at: number): string {
  const end = replacements.indexOf(0, at);
  return new TextDecoder().decode(
    replacements.subarray(at, end < 0 ? replacements.length : end),
  );
}
