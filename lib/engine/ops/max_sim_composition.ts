import { tensorOf, tf } from "../tensor.ts";
import type { Tensor } from "../tensor.ts";
import { type Block, type Kept, type Span, tilesOf } from "./max_sim_tiles.ts";
import type { MaxSimOptions } from "./max_sim.ts";

/**
 * MaxSim from plain operations, one document at a time.
 *
 * Dropped tokens are taken out first, so they cannot win. The gradient keeps only
 * the winners: `[query tokens]` numbers a document.
 *
 * @param queries `[queryTokens, dim]`.
 * @param documents `[documentTokens, dim]`.
 * @param options Texts, masks and ways, already checked.
 * @returns `[queries, documents]`, or `[queries, ways]`.
 */
export function composedMaxSim(
  queries: Tensor,
  documents: Tensor,
  options: MaxSimOptions,
): Tensor {
  const { query, document, blocks } = tilesOf(options);
  const differentiable = tf.customGrad((...given) => {
    const [wholeQ, wholeD] = given as [Tensor, Tensor];
    const keep = given[2] as unknown as tf.GradSaveFunc;
    const q = keptRows(wholeQ, query);
    const d = keptRows(wholeD, document);
    const parts = blocks.map((block) => scoreBlock(q, d, block));
    keep([q, d, ...parts.flatMap((part) => part.winners)]);
    return {
      value: tf.concat(parts.map((part) => part.scores), 0),
      gradFunc: (dy: Tensor, [q, d, ...winners]: Tensor[]) =>
        tf.tidy(() => {
          const [dq, dd] = differentiate(dy, [q!, d!, ...winners], blocks);
          return [wholeRows(dq, query), wholeRows(dd, document)];
        }),
    };
  });
  return differentiable(queries, documents);
}

/** Scores of one block, `[texts, columns]`, and the winners of each column. */
function scoreBlock(
  q: Tensor,
  d: Tensor,
  { rows, texts, count, documents }: Block,
): { scores: Tensor; winners: Tensor[] } {
  const part = cut(q, rows);
  const owners = indices(texts);
  const columns = documents.map((span) =>
    tf.tidy(() => {
      const similar = tf.matMul(part, tf.transpose(cut(d, span)));
      const best = tf.max(similar, 1);
      return [
        tf.unsortedSegmentSum(best, owners, count),
        tf.argMax(similar, 1),
      ] as const;
    })
  );
  return {
    scores: tf.transpose(tf.stack(columns.map(([score]) => score))),
    winners: columns.map(([, winners]) => winners),
  };
}

/** Gradients of the kept rows of both sides. */
function differentiate(
  dscores: Tensor,
  [q, d, ...winners]: Tensor[],
  blocks: readonly Block[],
): [Tensor, Tensor] {
  let row = 0;
  let column = 0;
  const dq: Tensor[] = [];
  const dd: Tensor[] = [];
  for (const block of blocks) {
    const part = cut(q!, block.rows);
    const dy = cut(dscores, { start: row, length: block.count });
    const shares = tf.transpose(tf.gather(dy, indices(block.texts)));
    const terms = block.documents.map((span, i) => {
      const won = winners[column++]! as tf.Tensor1D;
      const share = tf.reshape(cut(shares, { start: i, length: 1 }), [-1, 1]);
      dd.push(
        tf.unsortedSegmentSum(tf.mul(part, share), won, span.length),
      );
      return tf.mul(tf.gather(cut(d!, span), won), share);
    });
    dq.push(tf.addN(terms));
    row += block.count;
  }
  return [tf.concat(dq, 0), tf.concat(dd, 0)];
}

/** Consecutive rows of a matrix. */
function cut(x: Tensor, { start, length }: Span): Tensor {
  return tf.slice(x, [start, 0], [length, -1]);
}

/** Row numbers as a tensor. */
function indices(numbers: Int32Array): tf.Tensor1D {
  return tensorOf(numbers, [numbers.length], "int32") as tf.Tensor1D;
}

/** The kept rows of a matrix. */
function keptRows(x: Tensor, { rows, total }: Kept): Tensor {
  return rows.length === total ? x : tf.gather(x, indices(rows));
}

/** Kept rows put back in their places, zeros elsewhere. */
function wholeRows(x: Tensor, { rows, total }: Kept): Tensor {
  if (rows.length === total) return x;
  return tf.unsortedSegmentSum(x, indices(rows), total);
}
