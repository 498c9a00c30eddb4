import { read, tf } from "../engine/tensor.ts";
import type { TokenVectors } from "../encoder/encoder.ts";
import { compareIds } from "../eval/rank_documents.ts";
import type { Run } from "../eval/run.ts";
import { maxSimScores } from "../score/max_sim_scores.ts";

/** Some documents of a collection, encoded. */
export interface EncodedDocuments {
  /** Document ids, in the order of the vectors. */
  readonly ids: readonly string[];
  /** Their token vectors; the search disposes them. */
  readonly vectors: TokenVectors;
}

/**
 * Ranks every document of a collection for every query by exact MaxSim.
 *
 * The collection is streamed: only one part of it is held at a time, and of the
 * scores only the best of each query.
 *
 * Where documents were cut into parts, `documentOf` says whose part each is, and a
 * document has the score of its best part (MaxP).
 *
 * Cost: `queryTokens * documentTokens * dim` multiplications.
 * Source: Khattab and Zaharia 2020, section 3.3; Dai and Callan 2019, section 3 (parts).
 *
 * @param queries Encoded queries with their ids; they stay alive.
 * @param documents Parts of the collection, in any order, an id only once.
 * @param options How many documents to keep for each query, default 1000; whose part an
 * id is, default the id itself.
 * @returns The kept scores by query and document.
 */
export async function searchExactly(
  queries: EncodedDocuments,
  documents: AsyncIterable<EncodedDocuments> | Iterable<EncodedDocuments>,
  options: {
    readonly depth?: number;
    readonly documentOf?: (id: string) => string;
  } = {},
): Promise<Run> {
  const { depth = 1000, documentOf } = options;
  const best = queries.ids.map(() => [] as [string, number][]);
  for await (const part of documents) {
    const scores = tf.tidy(() => maxSimScores(queries.vectors, part.vectors));
    const values = read(scores);
    scores.dispose();
    part.vectors.values.dispose();
    best.forEach((list, query) => {
      const row = query * part.ids.length;
      part.ids.forEach((id, j) =>
        list.push([documentOf?.(id) ?? id, values[row + j]!])
      );
      if (list.length > 4 * depth) keepBest(list, depth, documentOf);
    });
  }
  best.forEach((list) => keepBest(list, depth, documentOf));
  return new Map(queries.ids.map((id, i) => [id, new Map(best[i]!)]));
}

/**
 * Sorts by falling score, then falling id as trec_eval does, and cuts. Of a document's
 * parts the best stays; one that is cut away with its document cannot come to matter,
 * since `depth` other documents score at least as much.
 */
function keepBest(
  list: [string, number][],
  depth: number,
  documentOf?: (id: string) => string,
): void {
  list.sort((a, b) => b[1] - a[1] || compareIds(b[0], a[0]));
  if (documentOf !== undefined) {
    const seen = new Set<string>();
    const first = list.filter(([id]) => !seen.has(id) && seen.add(id));
    list.splice(0, list.length, ...first);
  }
  if (list.length > depth) list.length = depth;
}
