/** Words and their costs: a trie of UTF-8 bytes, and entries of words spelled alike. */
export interface MecabLexicon {
  /** The trie's units, base and check in turn, `[2 units]`. */
  readonly trie: Int32Array;
  /** Left and right context of each entry at `[8 entry]` and `[8 entry + 1]`. */
  readonly contexts: Uint16Array;
  /** Cost of each entry at `[8 entry + 3]`. */
  readonly costs: Int16Array;
}

/** How signs of one kind make words that no dictionary has. */
export interface MecabCategory {
  /** Bits of the kinds that a sign belongs to. */
  readonly kinds: number;
  /** The kind whose unknown words it makes. */
  readonly kind: number;
  /** Longest unknown word tried, in signs. */
  readonly length: number;
  /** Whether a run of signs of a kind is tried as one word. */
  readonly group: boolean;
  /** Whether unknown words are tried even where known ones begin. */
  readonly invoke: boolean;
}

/** A compiled dictionary of MeCab in memory. */
export interface MecabDictionary {
  /** Known words. */
  readonly system: MecabLexicon;
  /** Entries of unknown words by kind: first entry and number of entries. */
  readonly unknownEntries: readonly (readonly [first: number, count: number])[];
  /** Contexts and costs of unknown words. */
  readonly unknown: MecabLexicon;
  /** Cost of a right context before a left one, `[left * rightContexts + right]`. */
  readonly connections: Int16Array;
  /** Number of right contexts. */
  readonly rightContexts: number;
  /** The category of a sign up to U+FFFE; others have U+0000's. */
  readonly category: (sign: number) => MecabCategory;
}

/** The bytes of a dictionary's four files; of the lexicons at least `lexiconBytes`. */
export interface MecabFiles {
  /** `sys.dic`. */
  readonly system: Uint8Array;
  /** `unk.dic`. */
  readonly unknown: Uint8Array;
  /** `matrix.bin`. */
  readonly matrix: Uint8Array;
  /** `char.bin`. */
  readonly characters: Uint8Array;
}

/** Bytes before a lexicon's trie. */
export const MECAB_HEADER = 72;

/** Bytes of a character category's name. */
const NAME = 32;

/** Entries of the table of signs. */
const SIGNS = 0xffff;

/**
 * Says how much of a lexicon's file is read: its header, trie and entries, not the
 * features behind them.
 *
 * @param header The file's first 72 bytes.
 * @returns Bytes, header included.
 * @throws {SyntaxError} If the header is not that of a UTF-8 dictionary of MeCab 0.99.
 */
export function lexiconBytes(header: Uint8Array): number {
  const view = new DataView(header.buffer, header.byteOffset, header.length);
  const number = (at: number) =>
    at + 4 <= header.length ? view.getUint32(4 * at, true) : -1;
  if (header.length < MECAB_HEADER) {
    throw refuse(`a header of ${MECAB_HEADER} bytes`, `${header.length} bytes`);
  }
  if (number(1) !== 102) throw refuse("version 102", `${number(1)}`);
  const charset = new TextDecoder().decode(header.subarray(40, MECAB_HEADER))
    .replace(/\0.*$/s, "");
  if (!/^utf-?8$/i.test(charset)) throw refuse("charset utf8", charset);
  const [trie, entries] = [number(6), number(7)];
  if (trie % 8 !== 0 || entries % 16 !== 0) {
    throw refuse(
      "a trie of 8-byte units and 16-byte entries",
      `${trie} and ${entries} bytes`,
    );
  }
  return MECAB_HEADER + trie + entries;
}

/**
 * Reads a compiled dictionary of MeCab 0.996, such as UniDic, from the bytes of its
 * files, which may be hostile. Features of words are not read.
 *
 * Source: the formats of MeCab's `dictionary.cpp`, `connector.cpp` and
 * `char_property.cpp`, version 0.996.
 *
 * @param files The bytes; they are kept, not copied.
 * @returns The dictionary.
 * @throws {SyntaxError} If a file is truncated or is no such file.
 *
 * @example Usage
 * ```ts
 * import { mecabDictionary } from "#lib/mod.ts";
 * import { assertThrows } from "@std/assert";
 *
 * const none = new Uint8Array(0);
 * assertThrows(
 *   () => mecabDictionary({ system: none, unknown: none, matrix: none, characters: none }),
 *   SyntaxError,
 *   "Cannot read a MeCab dictionary",
 * );
 * ```
 */
export function mecabDictionary(
  { system, unknown, matrix, characters }: MecabFiles,
): MecabDictionary {
  const unknownWords = lexicon(unknown);
  const { names, category } = categories(characters);
  const unknownEntries = names.map((name) => {
    const found = [...matches(unknownWords, new TextEncoder().encode(name))];
    const entries = found.findLast(({ length }) => length === name.length);
    if (entries !== undefined) return [entries.first, entries.count] as const;
    throw refuse(`unknown words of the kind ${name}`, "none");
  });
  return {
    system: lexicon(system),
    unknown: unknownWords,
    unknownEntries,
    category,
    ...connections(matrix),
  };
}

/** Words that begin at a place, in order of length. */
export interface MecabMatch {
  /** Bytes of the word. */
  readonly length: number;
  /** Its first entry. */
  readonly first: number;
  /** Entries spelled so. */
  readonly count: number;
}

/**
 * Finds every word with which a text begins.
 *
 * @param lexicon The words.
 * @param bytes The text, UTF-8.
 * @param from Where it begins. Default 0.
 * @returns The words, the shortest first.
 */
export function* matches(
  { trie, costs }: MecabLexicon,
  bytes: Uint8Array,
  from = 0,
): Generator<MecabMatch> {
  const entries = costs.length / 8;
  let base = trie[0]!;
  for (let at = from; at <= bytes.length; at++) {
    const leaf = trie[2 * base]!;
    if (trie[2 * base + 1] === base && leaf < 0) {
      const value = -leaf - 1;
      const [first, count] = [value >>> 8, value & 0xff];
      if (first + count > entries) {
        throw refuse(`entries below ${entries}`, `${first + count}`);
      }
      yield { length: at - from, first, count };
    }
    if (at === bytes.length) return;
    const next = base + bytes[at]! + 1;
    if (trie[2 * next + 1] !== base) return;
    base = trie[2 * next]!;
  }
}

/** Says what about a dictionary is wrong. */
function refuse(expected: string, got: string): SyntaxError {
  return new SyntaxError(
    `Cannot read a MeCab dictionary: expected ${expected}, got ${
      got.slice(0, 40)
    }`,
  );
}

/** A lexicon's trie and entries, as views where they lie. */
function lexicon(file: Uint8Array): MecabLexicon {
  const end = lexiconBytes(file);
  if (file.length < end) throw refuse(`${end} bytes`, `${file.length} bytes`);
  const bytes = file.byteOffset % 4 === 0 ? file : file.slice();
  const { buffer, byteOffset } = bytes;
  const trieBytes = new DataView(buffer, byteOffset).getUint32(24, true);
  const entriesAt = byteOffset + MECAB_HEADER + trieBytes;
  const halves = (end - MECAB_HEADER - trieBytes) / 2;
  return {
    trie: new Int32Array(buffer, byteOffset + MECAB_HEADER, trieBytes / 4),
    contexts: new Uint16Array(buffer, entriesAt, halves),
    costs: new Int16Array(buffer, entriesAt, halves),
  };
}

/** The table of connection costs. */
function connections(matrix: Uint8Array) {
  const bytes = matrix.byteOffset % 2 === 0 ? matrix : matrix.slice();
  const [right = 0, left = 0] = bytes.length < 4
    ? []
    : new Uint16Array(bytes.buffer, bytes.byteOffset, 2);
  const size = 4 + 2 * left * right;
  if (size === 4 || bytes.length !== size) {
    throw refuse(`a matrix.bin of ${size} bytes`, `${bytes.length}`);
  }
  return {
    rightContexts: right,
    connections: new Int16Array(
      bytes.buffer,
      bytes.byteOffset + 4,
      left * right,
    ),
  };
}

/** Names of the kinds, and the category of every sign. */
function categories(file: Uint8Array) {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const count = file.length < 4 ? -1 : view.getUint32(0, true);
  const start = 4 + NAME * count;
  if (count < 1 || count > 18 || file.length !== start + 4 * SIGNS) {
    throw refuse("a char.bin of 1 to 18 kinds", `${file.length} bytes`);
  }
  const names = Array.from({ length: count }, (_, i) => {
    const name = file.subarray(4 + NAME * i, 4 + NAME * (i + 1));
    return new TextDecoder().decode(name).replace(/\0.*$/s, "");
  });
  const known = new Map<number, MecabCategory>();
  const category = (sign: number) => {
    const word = view.getUint32(start + 4 * (sign < SIGNS ? sign : 0), true);
    let found = known.get(word);
    if (found === undefined) known.set(word, found = unpacked(word, count));
    return found;
  };
  return { names, category };
}

/** A category from its 32 bits. */
function unpacked(word: number, kinds: number): MecabCategory {
  const kind = word >>> 18 & 0xff;
  if (kind >= kinds) throw refuse(`a kind below ${kinds}`, `${kind}`);
  return {
    kinds: word & 0x3ffff,
    kind,
    length: word >>> 26 & 0xf,
    group: (word >>> 30 & 1) === 1,
    invoke: word >>> 31 === 1,
  };
}
