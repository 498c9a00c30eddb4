import { read } from "../engine/tensor.ts";
import type { TokenVectors } from "../encoder/encoder.ts";
import { maxSimOf, type MaxSimWorkings } from "../score/max_sim_of.ts";
import { packDocuments } from "../text/document_form.ts";
import type { PackedTokens } from "../text/packed_tokens.ts";
import { packQueries } from "../text/query_form.ts";
import type { Retriever } from "../search/retriever.ts";
import type { Figure, FigureOptions } from "./figure.ts";
import { heatMap } from "./heat_map.ts";

/** A MaxSim score of two texts, with its workings in words. */
export interface ExplainedMatch extends MaxSimWorkings {
  /** The query's counting tokens, as a person reads them; a row each. */
  readonly queryTokens: readonly string[];
  /** The document's tokens, as a person reads them; a column each. */
  readonly documentTokens: readonly string[];
  /** Which document tokens count. */
  readonly documentKeep: readonly boolean[];
}

/**
 * Scores one document against one query and keeps all workings: which token of
 * the document each token of the query took, and every similarity.
 *
 * The score is that of {@linkcode maxSimScores}. Pieces of words are named as a
 * person reads them: a word's later pieces begin with `+`.
 *
 * @param retriever Encoder, tokenizer, forms and weights.
 * @param query A text.
 * @param document A text.
 * @returns Score, matches, similarities and tokens; query tokens that do not
 * count have no row.
 *
 * @example Usage
 * ```ts
 * import { explainMatch, loadModel, retrieverOf, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const retriever = retrieverOf(await loadModel("use-lite"));
 * const { queryTokens, documentTokens, matches } = explainMatch(retriever, "dog", "sound made by a dog");
 * assertEquals(queryTokens, ["dog"]);
 * assertEquals(documentTokens[matches[0]!.documentToken], "dog");
 * ```
 */
export function explainMatch(
  retriever: Retriever,
  query: string,
  document: string,
): ExplainedMatch {
  const { tokenizer, queryForm, documentForm } = retriever;
  const asked = tokensOf(
    retriever,
    packQueries([query], tokenizer, queryForm),
  );
  const found = tokensOf(
    retriever,
    packDocuments([document], tokenizer, documentForm),
  );
  const counting = asked.rows.filter((_, i) => asked.keep[i]);
  const documentKeep = found.keep;
  return {
    ...maxSimOf(counting, found.rows, { documentKeep }),
    queryTokens: asked.names.filter((_, i) => asked.keep[i]),
    documentTokens: found.names,
    documentKeep,
  };
}

/**
 * Draws an explained match: a row for each query token, a column for each
 * document token, each row's best framed. Tokens that do not count stay white.
 *
 * @param match From {@linkcode explainMatch}.
 * @param options Title and size.
 * @returns A plotly figure.
 *
 * @example Usage
 * ```ts
 * import { matchMap, maxSimOf } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const figure = matchMap({
 *   ...maxSimOf([[1, 0]], [[1, 0], [0, 1]], { documentKeep: [false, true] }),
 *   queryTokens: ["dog"],
 *   documentTokens: [".", "cat"],
 *   documentKeep: [false, true],
 * });
 * assertEquals(figure.data[0]!.z, [[null, 0]]);
 * ```
 */
export function matchMap(
  match: ExplainedMatch,
  options: FigureOptions = {},
): Figure {
  const { similarities, documentKeep, matches } = match;
  return heatMap(
    similarities.map((row) =>
      row.map((value, d) => (documentKeep[d] ? value : -Infinity))
    ),
    {
      rows: match.queryTokens,
      columns: match.documentTokens,
      framed: matches.map(({ documentToken }) => documentToken),
      ...options,
    },
  );
}

/** Names, vectors and mask of one text's tokens. */
function tokensOf(
  { encoder, tokenizer, parameters }: Retriever,
  packed: PackedTokens,
): { names: string[]; rows: number[][]; keep: boolean[] } {
  const vectors = encoder.encode(packed, parameters);
  const rows = rowsOf(vectors);
  vectors.values.dispose();
  return {
    names: readablePieces([...packed.ids].map((id) => tokenizer.token(id))),
    rows,
    keep: [...vectors.keep].map((flag) => flag === 1),
  };
}

function rowsOf({ values }: TokenVectors): number[][] {
  const [tokens = 0, dim = 0] = values.shape;
  const flat = read(values);
  return Array.from(
    { length: tokens },
    (_, i) => Array.from(flat.subarray(i * dim, (i + 1) * dim)),
  );
}

/** Pieces of either vocabulary in one spelling: `▁dog`, `s` and `dog`, `##s` to `dog`, `+s`. */
function readablePieces(pieces: readonly string[]): string[] {
  const marksStarts = pieces.some((piece) => piece.startsWith("▁"));
  return pieces.map((piece) => {
    if (piece.startsWith("##")) return `+${piece.slice(2)}`;
    if (!marksStarts) return piece;
    if (piece.startsWith("▁")) return piece.slice(1);
    return /^[\p{L}\p{N}]/u.test(piece) ? `+${piece}` : piece;
  });
}
