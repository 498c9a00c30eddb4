import { rankDocuments } from "./rank_documents.ts";
import type { Run } from "./run.ts";

/**
 * Writes a run as TREC's six columns: query, `Q0`, document, rank, score, tag.
 *
 * Documents stand in the order trec_eval will rank them, so that the rank column
 * agrees with the scores; scores have as many digits as are needed to read the
 * same number back.
 *
 * @param run Scores by query, then document.
 * @param options Name of the system, without white space, default `maxsim-lab`.
 * @returns One line a retrieved document.
 * @throws {SyntaxError} If an id or the tag holds white space, which the format
 * cannot carry.
 *
 * @example Usage
 * ```ts
 * import { formatRun } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const run = new Map([["q", new Map([["a", 1.5], ["b", 2]])]]);
 * assertEquals(formatRun(run, { tag: "t" }), "q Q0 b 1 2 t\nq Q0 a 2 1.5 t\n");
 * ```
 */
export function formatRun(
  run: Run,
  options: { readonly tag?: string } = {},
): string {
  const { tag = "maxsim-lab" } = options;
  checkWord("tag", tag);
  const lines: string[] = [];
  for (const [query, scores] of run) {
    checkWord("query id", query);
    rankDocuments(scores, { query }).documents.forEach((id, place) => {
      checkWord("document id", id);
      lines.push(`${query} Q0 ${id} ${place + 1} ${scores.get(id)} ${tag}\n`);
    });
  }
  return lines.join("");
}

/**
 * Refuses ids that a TREC run cannot hold, before a long search for them.
 *
 * @param kind What they name: `query` or `document`.
 * @param ids The ids.
 * @throws {SyntaxError} If an id is empty or holds white space.
 */
export function checkRunIds(kind: string, ids: Iterable<string>): void {
  for (const id of ids) checkWord(`${kind} id`, id);
}

function checkWord(what: string, word: string): void {
  if (/^\S+$/u.test(word)) return;
  throw new SyntaxError(
    `Cannot write a TREC run: expected a ${what} without white space, got "${word}"`,
  );
}
