import { stream } from "#lib/num/stream.ts";

/** Words that documents are about. */
export const WORDS = "cat dog tree river stone bread music light winter market"
  .split(" ");

/** What queries say for each of {@linkcode WORDS}: other words, so BM25 cannot know. */
export const ALIASES = "feline hound oak stream rock loaf song lamp snow shop"
  .split(" ");

/** Words that mean nothing, in documents and queries. */
export const FILLERS = "near under behind big old red find one".split(" ");

/** A line of a BEIR text file. */
export interface TinyText {
  /** Id. */
  readonly _id: string;
  /** Always empty. */
  readonly title: string;
  /** The text. */
  readonly text: string;
}

/** Everything of the tiny collection, before it is written. */
export interface TinyData {
  /** 40 documents, each about two words. */
  readonly corpus: readonly TinyText[];
  /** 32 queries, each asking for one document by the aliases of its words. */
  readonly queries: readonly TinyText[];
  /** Lines of judgements: 24 of `train`, 8 of `test`. */
  readonly qrels: Readonly<Record<"train" | "test", readonly string[]>>;
}

/** The first line of a file of judgements. */
export const QRELS_HEADER = "query-id\tcorpus-id\tscore";

/**
 * A collection that can be learnt: a document names two words among fillers, its
 * query their two aliases, and every alias of a test query is in training ones.
 */
export function tinyData(): TinyData {
  const random = stream(3, "tiny data");
  const pairs = WORDS.flatMap((_, a) =>
    WORDS.slice(a + 1).map((_, b) => [a, a + 1 + b] as const)
  );
  const chosen = random.shuffle(pairs).slice(0, 40);
  const text = (words: readonly string[], pair: readonly [number, number]) => {
    const [one, two] = random.sample(FILLERS, 2);
    return `${one} ${words[pair[0]]} ${two} ${words[pair[1]]}`;
  };
  const line = (_id: string, text: string) => ({ _id, title: "", text });
  const judgement = (i: number) => `q${i}\td${i}\t1`;
  return {
    corpus: chosen.map((pair, i) => line(`d${i}`, text(WORDS, pair))),
    queries: chosen.slice(0, 32)
      .map((pair, i) => line(`q${i}`, text(ALIASES, pair))),
    qrels: {
      train: Array.from({ length: 24 }, (_, i) => judgement(i)),
      test: Array.from({ length: 8 }, (_, i) => judgement(24 + i)),
    },
  };
}

/**
 * Writes the tiny collection as a BEIR folder, usable as `--data DIR`.
 *
 * @param folder Made if absent.
 * @param data What to write; the tiny collection by default.
 * @returns The folder.
 */
export async function writeTinyData(
  folder: string,
  data: TinyData = tinyData(),
): Promise<string> {
  await Deno.mkdir(`${folder}/qrels`, { recursive: true });
  const write = (name: string, lines: readonly string[]) =>
    Deno.writeTextFile(`${folder}/${name}`, lines.join("\n") + "\n");
  const json = (texts: readonly TinyText[]) =>
    texts.map((text) => JSON.stringify(text));
  await write("corpus.jsonl", json(data.corpus));
  await write("queries.jsonl", json(data.queries));
  for (const [split, lines] of Object.entries(data.qrels)) {
    await write(`qrels/${split}.tsv`, [QRELS_HEADER, ...lines]);
  }
  return folder;
}
