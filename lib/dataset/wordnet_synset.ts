/** One meaning: the words that share it, its gloss, and sentences that use it. */
export interface Synset {
  /** Part of speech and place in its file, such as `n00001740`; stable within a release. */
  readonly id: string;
  /** Words of this meaning, with spaces, most usual first. */
  readonly words: readonly string[];
  /** The definition part of the gloss. */
  readonly definition: string;
  /** Example sentences, without quotation marks and attributions. */
  readonly examples: readonly string[];
}

/**
 * Reads one line of a WordNet `data.*` file.
 *
 * The gloss is what follows `|`. Quoted parts of it are examples, everything
 * before the first of them is the definition (several definitions stay
 * together, separated by `;`), and remarks after the examples are dropped.
 *
 * Source: the WordNet manual, wndb(5WN).
 *
 * @param line One line; lines of the licence begin with two spaces.
 * @param where File and line, for errors.
 * @returns The synset, or `undefined` for a line of the licence.
 * @throws {SyntaxError} If the line has no such form.
 *
 * @example Usage
 * ```ts
 * import { parseSynset } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const line = '00003356 00 a 01 nascent 0 000 | being born or beginning; "the nascent chicks"  ';
 * assertEquals(parseSynset(line, "data.adj:1"), {
 *   id: "a00003356",
 *   words: ["nascent"],
 *   definition: "being born or beginning",
 *   examples: ["the nascent chicks"],
 * });
 * ```
 */
export function parseSynset(line: string, where: string): Synset | undefined {
  if (line.startsWith("  ") || line === "") return undefined;
  const bar = line.indexOf(" | ");
  const [offset = "", , kind = "", count = ""] = line.slice(0, 20).split(" ");
  const words = Number.parseInt(count, 16);
  const fields = line.slice(0, bar).split(" ", 4 + 2 * words);
  if (
    bar < 0 || !/^\d{8}$/.test(offset) || !/^[nvasr]$/.test(kind) ||
    !(words > 0) || fields.length < 4 + 2 * words
  ) {
    throw new SyntaxError(
      `Cannot read ${where}: expected a WordNet synset, got ${
        JSON.stringify(line.slice(0, 60))
      }`,
    );
  }
  return {
    // A satellite adjective lives in the adjectives' file.
    id: (kind === "s" ? "a" : kind) + offset,
    words: fields.slice(4).filter((_, i) => i % 2 === 0).map(plainWord),
    ...splitGloss(line.slice(bar + 3)),
  };
}

/** A word as people write it: no underscores, no syntactic marker such as `(p)`. */
function plainWord(word: string): string {
  const bare = word.endsWith(")") ? word.replace(/\((?:a|p|ip)\)$/, "") : word;
  return bare.replaceAll("_", " ");
}

/**
 * Splits a gloss into its definition and its example sentences.
 *
 * @param gloss What follows `|` on a synset's line.
 * @returns The definition, and the examples in their order.
 *
 * @example Usage
 * ```ts
 * import { splitGloss } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const gloss = 'make a compromise; arrive at a compromise; "we all must; yes"- Anon; (`c.\' is rare)';
 * assertEquals(splitGloss(gloss), {
 *   definition: "make a compromise; arrive at a compromise",
 *   examples: ["we all must; yes"],
 * });
 * ```
 */
export function splitGloss(
  gloss: string,
): Pick<Synset, "definition" | "examples"> {
  if (!gloss.includes('"')) {
    return { definition: glossParts(gloss).join("; "), examples: [] };
  }
  const definitions: string[] = [];
  const examples: string[] = [];
  for (const part of glossParts(gloss)) {
    // An example may follow its definition after a colon, without a semicolon.
    const [, before = "", quoted, after = ""] =
      /^(?:(.*?):\s*)?"(.*)"(.*)$/.exec(part) ?? [, part];
    if (examples.length === 0 && before !== "") definitions.push(before);
    // After the marks only an author may come; else the marks quote a word.
    if (quoted !== undefined && /^\s*(?:$|[-(,])/.test(after)) {
      examples.push(quoted.trim());
    }
  }
  return {
    definition: definitions.join("; "),
    examples: examples.filter((example) => example !== ""),
  };
}

/** Parts of a gloss between semicolons that stand outside quotation marks. */
function glossParts(gloss: string): string[] {
  const parts = gloss.includes('"')
    ? gloss.match(/(?:"[^"]*"|[^;"]|")+/g) ?? []
    : gloss.split(";");
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}
