import type { MaxSimOptions } from "./max_sim.ts";

/** Consecutive rows. */
export interface Span {
  /** First row. */
  readonly start: number;
  /** Rows. */
  readonly length: number;
}

/** The tokens of one side that count, dropped ones left out. */
export interface Kept {
  /** Original row of each kept token. */
  readonly rows: Int32Array;
  /** Rows before dropping. */
  readonly total: number;
  /** Kept tokens of each text, as spans of `rows`. */
  readonly spans: readonly Span[];
}

/** Queries that meet the same documents. */
export interface Block {
  /** Their kept tokens. */
  readonly rows: Span;
  /** Query of each of those tokens, counted inside the block. */
  readonly texts: Int32Array;
  /** Queries in the block. */
  readonly count: number;
  /** Kept tokens of each document they meet. */
  readonly documents: readonly Span[];
}

/**
 * Says which kept query tokens meet which kept document tokens.
 *
 * All to all is one block; with ways every query is a block of its own.
 *
 * @param options Texts, masks and ways, already checked.
 * @returns The kept tokens of both sides and the blocks in query order.
 */
export function tilesOf(
  options: MaxSimOptions,
): { query: Kept; document: Kept; blocks: Block[] } {
  const { ways } = options;
  const query = keptOf(options.queryOffsets, options.queryKeep);
  const document = keptOf(options.documentOffsets, options.documentKeep);
  const blocks = ways === undefined
    ? [blockOf(query.spans, document.spans)]
    : query.spans.map((span, i) =>
      blockOf([span], document.spans.slice(i * ways, (i + 1) * ways))
    );
  return { query, document, blocks };
}

/** Kept rows of one side. */
function keptOf(offsets: Int32Array, keep: Uint8Array): Kept {
  const rows: number[] = [];
  const spans: Span[] = [];
  for (let text = 0; text + 1 < offsets.length; text++) {
    const start = rows.length;
    for (let at = offsets[text]!; at < offsets[text + 1]!; at++) {
      if (keep[at] !== 0) rows.push(at);
    }
    spans.push({ start, length: rows.length - start });
  }
  return { rows: Int32Array.from(rows), total: keep.length, spans };
}

/** One block from its queries and documents. */
function blockOf(queries: readonly Span[], documents: readonly Span[]): Block {
  const start = queries[0]!.start;
  const last = queries[queries.length - 1]!;
  const length = last.start + last.length - start;
  const texts = new Int32Array(length);
  queries.forEach((span, text) =>
    texts.fill(text, span.start - start, span.start - start + span.length)
  );
  return {
    rows: { start, length },
    texts,
    count: queries.length,
    documents,
  };
}
