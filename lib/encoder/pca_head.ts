import { ShapeError } from "../num/shape_error.ts";
import type { CheckpointTensor } from "./checkpoint_tensor.ts";
import { symmetricEigen } from "./symmetric_eigen.ts";

/** Settings of {@linkcode pcaHead}. */
export interface PcaHeadOptions {
  /** Length of a token state. */
  readonly hidden: number;
  /** Length of a vector, at most `hidden`. */
  readonly dim: number;
  /** Scale every component to the same variance. Default `true`. */
  readonly whiten?: boolean;
}

/** Variance of unit rows below which a component is rounding, not data. */
const NOTHING = 1e-12;

/**
 * Makes a head from the principal components of token states, as a start for training.
 *
 *     u = state / |state|,   r = u - (u . m) m,   m = the direction of the mean of u
 *     C = mean of r r^T = V L V^T
 *     head = c L^(-1/2) V^T   (its first dim rows; without whitening c V^T)
 *
 * A head without a bias cannot subtract the mean, and components of the plain second
 * moments spend their first row on it. Here the mean's direction is taken out of the
 * states first, so that every row is at right angles to it and `head (u - mean) = head u`:
 * the mean is subtracted after all, at the price of one direction. States are scaled to
 * length 1 because vectors are, so that no token counts more for being long. Without
 * whitening a few components drown the others: untrained, on 500 queries over WordNet
 * glosses with USE-lite and 128 dimensions, nDCG@10 was .050 without it, .071 with it,
 * .055 for plain second moments, .080 for the 512-dimensional states themselves.
 *
 * `c` makes the mean square length of a row 1, as in a head with orthonormal rows.
 *
 * Cost: `tokens hidden^2 / 2 + 4 hidden^3` multiplications: about a second for
 * 10,000 states of 512.
 * Source: Jégou and Chum 2012, Negative evidences and co-occurences in image retrieval:
 * the benefit of PCA and whitening.
 *
 * @param states Token states, row-major, `[tokens, hidden]`.
 * @param options Sizes and whitening.
 * @returns `head.weight`, `[dim, hidden]`.
 * @throws {ShapeError} If the numbers are not rows of `hidden`, or `dim` is out of range.
 * @throws {RangeError} If the states vary in fewer than `dim` directions, or are not finite.
 *
 * @example Usage
 * ```ts
 * import { pcaHead } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * // All on one side of the first axis, spread along the second.
 * const head = pcaHead(Float64Array.of(1, 1, 1, -1), { hidden: 2, dim: 1 });
 * assertAlmostEquals(head.values[0]!, 0, 1e-7);
 * assertAlmostEquals(head.values[1]!, 1, 1e-7);
 * ```
 */
export function pcaHead(
  states: Float32Array | Float64Array,
  options: PcaHeadOptions,
): CheckpointTensor {
  const { hidden, dim, whiten = true } = options;
  checkSizes(states, options);
  const units = unitRows(states, hidden);
  removeMean(units, hidden);
  const { values, vectors } = symmetricEigen(
    secondMoments(units, hidden),
    hidden,
  );
  checkDirections(values, dim);
  const factors = Float64Array.from(
    { length: dim },
    (_, i) => whiten ? 1 / Math.sqrt(values[i]!) : 1,
  );
  const scale = Math.sqrt(
    dim / factors.reduce((sum, factor) => sum + factor ** 2, 0),
  );
  const head = Float32Array.from(
    vectors.subarray(0, dim * hidden),
    (value, i) => value * scale * factors[Math.floor(i / hidden)]!,
  );
  return { shape: [dim, hidden], values: head };
}

/** Refuses numbers that are no rows, and more dimensions than there are. */
function checkSizes(
  states: ArrayLike<number>,
  { hidden, dim }: PcaHeadOptions,
): void {
  if (!(states.length > 0 && states.length % hidden === 0)) {
    throw new ShapeError(
      "make a head",
      `states [tokens, ${hidden}]`,
      `${states.length} numbers`,
    );
  }
  if (!Number.isInteger(dim) || dim < 1 || dim > hidden) {
    throw new ShapeError("make a head", `dim from 1 to ${hidden}`, `${dim}`);
  }
}

/** The rows that are not zero, at length 1. */
function unitRows(
  states: Float32Array | Float64Array,
  hidden: number,
): Float64Array {
  const units = Float64Array.from(states);
  for (let start = 0; start < units.length; start += hidden) {
    const row = units.subarray(start, start + hidden);
    let square = 0;
    for (let i = 0; i < hidden; i++) square += row[i]! * row[i]!;
    const length = Math.sqrt(square);
    if (length === 0) continue;
    for (let i = 0; i < hidden; i++) row[i]! /= length;
  }
  return units;
}

/** Takes the direction of the mean out of every row. */
function removeMean(rows: Float64Array, hidden: number): void {
  const mean = new Float64Array(hidden);
  for (let start = 0; start < rows.length; start += hidden) {
    for (let j = 0; j < hidden; j++) mean[j]! += rows[start + j]!;
  }
  const length = Math.sqrt(mean.reduce((sum, value) => sum + value * value, 0));
  if (length <= 1e-9 * rows.length / hidden) return;
  for (let start = 0; start < rows.length; start += hidden) {
    let along = 0;
    for (let j = 0; j < hidden; j++) along += rows[start + j]! * mean[j]!;
    along /= length * length;
    for (let j = 0; j < hidden; j++) rows[start + j]! -= along * mean[j]!;
  }
}

/** Rows whose products are summed before the next ones: their columns stay in the cache. */
const STRETCH = 256;

/** Columns of some rows, one after the other, `[width, STRETCH]`. */
interface Columns {
  readonly plain: Float64Array;
  /** By the share that a row has in the mean. */
  readonly shared: Float64Array;
  /** Rows that there are, at most `STRETCH`. */
  readonly count: number;
}

/** Mean of the outer products of the rows, each summed in their order; the lower triangle alone. */
function secondMoments(rows: Float64Array, hidden: number): Float64Array {
  const width = 4 * Math.ceil(hidden / 4);
  const sums = new Float64Array(width * width);
  const plain = new Float64Array(width * STRETCH);
  const shared = new Float64Array(width * STRETCH);
  for (let from = 0; from < rows.length; from += hidden * STRETCH) {
    const some = rows.subarray(from, from + hidden * STRETCH);
    const count = some.length / hidden;
    for (let row = 0; row < count; row++) {
      for (let i = 0; i < hidden; i++) {
        const value = some[row * hidden + i]!;
        plain[i * STRETCH + row] = value;
        shared[i * STRETCH + row] = value * (hidden / rows.length);
      }
    }
    for (let i = 0; i < width; i += 4) {
      for (let j = 0; j < i + 4; j += 2) {
        addTile(sums, { plain, shared, count }, [i, j]);
      }
    }
  }
  if (width === hidden) return sums;
  const moments = new Float64Array(hidden * hidden);
  for (let i = 0; i < hidden; i++) {
    moments.set(sums.subarray(i * width, i * width + hidden), i * hidden);
  }
  return moments;
}

/** Adds the products of columns `i` to `i + 3` with `j` and `j + 1`: as many sums as registers hold. */
function addTile(
  sums: Float64Array,
  { plain, shared, count }: Columns,
  [i, j]: readonly [number, number],
): void {
  const width = plain.length / STRETCH;
  const a = sums.subarray(i * width + j);
  const b = a.subarray(width);
  const c = b.subarray(width);
  const d = c.subarray(width);
  let a0 = a[0]!, b0 = b[0]!, c0 = c[0]!, d0 = d[0]!;
  let a1 = a[1]!, b1 = b[1]!, c1 = c[1]!, d1 = d[1]!;
  const from = i * STRETCH;
  const left = j * STRETCH;
  for (let row = 0; row < count; row++) {
    const x = plain[left + row]!;
    const y = plain[left + STRETCH + row]!;
    const first = shared[from + row]!;
    const second = shared[from + STRETCH + row]!;
    const third = shared[from + 2 * STRETCH + row]!;
    const fourth = shared[from + 3 * STRETCH + row]!;
    a0 += first * x, a1 += first * y;
    b0 += second * x, b1 += second * y;
    c0 += third * x, c1 += third * y;
    d0 += fourth * x, d1 += fourth * y;
  }
  a[0] = a0, b[0] = b0, c[0] = c0, d[0] = d0;
  a[1] = a1, b[1] = b1, c[1] = c1, d[1] = d1;
}

/** Refuses to make rows out of nothing. */
function checkDirections(values: Float64Array, dim: number): void {
  const directions = values.filter((value) => value > NOTHING).length;
  if (directions >= dim) return;
  throw new RangeError(
    `Cannot make a head: expected token states that vary in at least ${dim} directions, got ${directions} ` +
      `(take more texts, or a smaller dim)`,
  );
}
