const QUOTE = 34, BACKSLASH = 92, OPEN = 123, CLOSE = 125, COLON = 58;

/**
 * Finds a key that one object of a JSON text holds twice.
 *
 * `JSON.parse` silently keeps the last of two equal keys; a reader of hostile
 * files must not, since two readers may then disagree on what a file holds.
 *
 * Cost: one pass over the text, no recursion.
 *
 * @param json Valid JSON.
 * @returns The first repeated key, or `undefined`.
 *
 * @example Usage
 * ```ts
 * import { repeatedKey } from "#lib/store/repeated_key.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(repeatedKey('{"a":{"b":1},"b":2}'), undefined);
 * assertEquals(repeatedKey('{"a":1,"\\u0061":2}'), "a");
 * ```
 */
export function repeatedKey(json: string): string | undefined {
  const open: Set<string>[] = [];
  for (let i = 0; i < json.length; i++) {
    const code = json.charCodeAt(i);
    if (code === OPEN) open.push(new Set());
    else if (code === CLOSE) open.pop();
    else if (code === QUOTE) {
      const end = stringEnd(json, i);
      if (isKey(json, end)) {
        const key = JSON.parse(json.slice(i, end)) as string;
        if (open.at(-1)?.has(key)) return key;
        open.at(-1)?.add(key);
      }
      i = end - 1;
    }
  }
  return undefined;
}

/** One past the closing quote of the string that opens at `begin`. */
function stringEnd(json: string, begin: number): number {
  let i = begin + 1;
  while (i < json.length && json.charCodeAt(i) !== QUOTE) {
    i += json.charCodeAt(i) === BACKSLASH ? 2 : 1;
  }
  return i + 1;
}

/** Whether what follows a string makes it a key: in JSON only keys meet a colon. */
function isKey(json: string, end: number): boolean {
  let i = end;
  while (i < json.length && json.charCodeAt(i) <= 32) i++;
  return json.charCodeAt(i) === COLON;
}
