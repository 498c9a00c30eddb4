import {
  type MecabDictionary,
  mecabDictionary,
  type MecabFiles,
} from "#lib/text/mecab_dictionary.ts";

/** Kinds of signs: name, which signs, whether unknown words compete with known ones. */
const KINDS: readonly (readonly [string, RegExp, boolean])[] = [
  ["DEFAULT", /[^]/u, false],
  ["SPACE", /[ \n\t]/u, false],
  ["ALPHA", /[a-z]/u, true],
  ["NUMERIC", /[0-9]/u, false],
];

/** Cost of every unknown word. */
const UNKNOWN = 9;

/** A dictionary in MeCab's format: costs of words, connections free. */
export function smallDictionary(
  words: Readonly<Record<string, number>>,
): MecabDictionary {
  return mecabDictionary(smallFiles(words));
}

/** The bytes of its four files. */
export function smallFiles(
  words: Readonly<Record<string, number>>,
): MecabFiles {
  const unknown = Object.fromEntries(KINDS.map(([name]) => [name, UNKNOWN]));
  return {
    system: lexicon(words),
    unknown: lexicon(unknown),
    matrix: new Uint8Array(Uint16Array.of(1, 1, 0).buffer),
    characters: characters(),
  };
}

/** The table of signs: kinds in 18 bits, the kind in 8, length in 4, group, invoke. */
function characters(): Uint8Array {
  const bytes = new Uint8Array(4 + 32 * KINDS.length + 4 * 0xffff);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, KINDS.length, true);
  KINDS.forEach(([name], i) =>
    bytes.set(new TextEncoder().encode(name), 4 + 32 * i)
  );
  for (let sign = 0; sign < 0xffff; sign++) {
    const kind = KINDS.findLastIndex(([, signs]) =>
      signs.test(String.fromCharCode(sign))
    );
    const invoke = KINDS[kind]![2] ? 1 << 31 : 0;
    const word = 1 << kind | kind << 18 | 1 << 30 | invoke;
    view.setUint32(4 + 32 * KINDS.length + 4 * sign, word >>> 0, true);
  }
  return bytes;
}

/** A lexicon: header, trie, one entry a word. */
function lexicon(words: Readonly<Record<string, number>>): Uint8Array {
  const names = Object.keys(words);
  const keys = names.map((word) => [...new TextEncoder().encode(word)]);
  const trie = trieOf(keys);
  const bytes = new Uint8Array(72 + 4 * trie.length + 16 * names.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(4, 102, true);
  view.setUint32(24, 4 * trie.length, true);
  view.setUint32(28, 16 * names.length, true);
  bytes.set(new TextEncoder().encode("utf8"), 40);
  trie.forEach((value, i) => view.setInt32(72 + 4 * i, value, true));
  names.forEach((name, i) =>
    view.setInt16(72 + 4 * trie.length + 16 * i + 6, words[name]!, true)
  );
  return bytes;
}

/** A double array of keys; the value of key `i` is its one entry, `i`. */
function trieOf(keys: readonly number[][]): number[] {
  const units = new Map<number, [base: number, check: number]>();
  const bases = new Set<number>();
  const place = (own: readonly number[], depth: number): number => {
    const labels = [
      ...new Set(own.map((key) => (keys[key]![depth] ?? -1) + 1)),
    ];
    let base = 1;
    while (
      bases.has(base) || labels.some((label) => units.has(base + label))
    ) base++;
    bases.add(base);
    for (const label of labels) units.set(base + label, [0, base]);
    for (const label of labels) {
      const below = own.filter((key) =>
        (keys[key]![depth] ?? -1) + 1 === label
      );
      const child = label === 0
        ? -(below[0]! << 8 | 1) - 1
        : place(below, depth + 1);
      units.set(base + label, [child, base]);
    }
    return base;
  };
  units.set(0, [0, 0]);
  units.set(0, [place(keys.map((_, i) => i), 0), 0]);
  const size = Math.max(...units.keys()) + 1;
  return Array.from({ length: size }, (_, i) => units.get(i) ?? [0, -1]).flat();
}
