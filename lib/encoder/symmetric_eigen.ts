import { ShapeError } from "../num/shape_error.ts";

/** Eigenvalues and eigenvectors of a symmetric matrix. */
export interface SymmetricEigen {
  /** Largest first, `[n]`. */
  readonly values: Float64Array;
  /** One unit eigenvector a row, in the order of `values`, `[n, n]`. */
  readonly vectors: Float64Array;
}

/** A symmetric matrix turned tridiagonal by reflections. */
interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** Entry `i` stands beside `diagonal[i]` and `diagonal[i + 1]`. */
  readonly beside: Float64Array;
  /** The turned axes, one a row. */
  readonly axes: Float64Array;
}

/**
 * Takes a symmetric matrix apart: `A v = value v`.
 *
 * The sign of an eigenvector is settled by its largest entry, which is positive, so that
 * the same matrix gives the same vectors everywhere.
 *
 * Cost: about `4 n^3` multiplications (half a second for n = 512).
 * Source: Golub and Van Loan, Matrix Computations, section 8.3: Householder reflections,
 * then QR steps with implicit shifts.
 *
 * @param matrix `[n, n]`, row-major; only the lower triangle is read.
 * @param n Rows.
 * @returns Eigenvalues and eigenvectors.
 * @throws {ShapeError} If there are not n times n numbers.
 * @throws {RangeError} If a number is not finite.
 *
 * @example Usage
 * ```ts
 * import { symmetricEigen } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const { values, vectors } = symmetricEigen(Float64Array.of(2, 1, 1, 2), 2);
 * assertAlmostEquals(values[0]!, 3, 1e-12);
 * assertAlmostEquals(vectors[0]!, Math.SQRT1_2, 1e-12);
 * ```
 */
export function symmetricEigen(
  matrix: Float64Array,
  n: number,
): SymmetricEigen {
  if (matrix.length !== n * n) {
    throw new ShapeError(
      "take a matrix apart",
      `[${n}, ${n}]`,
      `${matrix.length} numbers`,
    );
  }
  const bad = matrix.find((value) => !Number.isFinite(value));
  if (bad !== undefined) {
    throw new RangeError(
      `Cannot take a matrix apart: expected finite numbers, got ${bad}`,
    );
  }
  const { diagonal, beside, axes } = tridiagonal(matrix.slice(), n);
  for (let first = 0; first < n; first++) {
    isolate(first, { diagonal, beside, axes });
  }
  return inOrder(diagonal, axes);
}

/** Reflects rows and columns, one after the other, until only three diagonals are left. */
function tridiagonal(a: Float64Array, n: number): Tridiagonal {
  const diagonal = new Float64Array(n);
  const beside = new Float64Array(n);
  const mirrors: (Float64Array | undefined)[] = [];
  for (let k = 0; k + 1 < n; k++) {
    const column = Float64Array.from(
      { length: n - k - 1 },
      (_, i) => a[(k + 1 + i) * n + k]!,
    );
    const { mirror, length } = reflection(column);
    if (mirror) reflectBlock(a, { mirror, n, start: k + 1 });
    mirrors.push(mirror);
    diagonal[k] = a[k * n + k]!;
    beside[k] = length;
  }
  diagonal[n - 1] = a[n * n - 1] ?? 0;
  const axes = new Float64Array(n * n);
  for (let i = 0; i < n; i++) axes[i * n + i] = 1;
  for (let k = mirrors.length - 1; k >= 0; k--) {
    if (mirrors[k]) reflectAxes(axes, { mirror: mirrors[k]!, n, start: k + 1 });
  }
  return { diagonal, beside, axes };
}

/** The unit normal of the mirror that turns a column onto its first axis, and what it becomes there. */
function reflection(
  column: Float64Array,
): { mirror?: Float64Array; length: number } {
  const norm = Math.hypot(...chunked(column));
  if (norm === 0 || column.length === 1) return { length: column[0]! };
  const length = column[0]! > 0 ? -norm : norm;
  const mirror = column.slice();
  mirror[0]! -= length;
  const size = Math.hypot(...chunked(mirror));
  return { mirror: mirror.map((value) => value / size), length };
}

/** Lengths of stretches of a long vector, so that hypot gets few arguments. */
function chunked(vector: Float64Array): number[] {
  const parts: number[] = [];
  for (let i = 0; i < vector.length; i += 64) {
    parts.push(Math.hypot(...vector.subarray(i, i + 64)));
  }
  return parts;
}

/** `A := H A H` on the block from `start` on, `H = I - 2 v v^T`; the lower triangle alone. */
function reflectBlock(a: Float64Array, { mirror: v, n, start }: {
  readonly mirror: Float64Array;
  readonly n: number;
  readonly start: number;
}): void {
  const m = v.length;
  const product = new Float64Array(m);
  for (let i = 0; i < m; i++) {
    const row = rowFrom(a, { n, row: start + i, start });
    const factor = v[i]!;
    let sum = 0;
    for (let j = 0; j < i; j++) {
      sum += row[j]! * v[j]!;
      product[j]! += row[j]! * factor;
    }
    product[i]! += sum + row[i]! * factor;
  }
  const along = product.reduce((sum, value, i) => sum + value * v[i]!, 0);
  const w = product.map((value, i) => 2 * (value - along * v[i]!));
  for (let i = 0; i < m; i++) {
    const row = rowFrom(a, { n, row: start + i, start });
    const left = v[i]!;
    const right = w[i]!;
    for (let j = 0; j <= i; j++) row[j]! -= left * w[j]! + right * v[j]!;
  }
}

/** A view of a row from column `start` on: V8 runs loops over it several times as fast. */
function rowFrom(a: Float64Array, { n, row, start }: {
  readonly n: number;
  readonly row: number;
  readonly start: number;
}): Float64Array {
  return a.subarray(row * n + start, (row + 1) * n);
}

/** Applies one mirror to every axis, on the block from `start` on. */
function reflectAxes(axes: Float64Array, { mirror: v, n, start }: {
  readonly mirror: Float64Array;
  readonly n: number;
  readonly start: number;
}): void {
  for (let i = start; i < n; i++) {
    const row = rowFrom(axes, { n, row: i, start });
    let along = 0;
    for (let j = 0; j < row.length; j++) along += row[j]! * v[j]!;
    for (let j = 0; j < row.length; j++) row[j]! -= 2 * along * v[j]!;
  }
}

/** QR steps until the diagonal's entry `first` stands alone and is an eigenvalue. */
function isolate(first: number, { diagonal, beside, axes }: Tridiagonal): void {
  const n = diagonal.length;
  const isSmall = (i: number) => {
    const scale = Math.abs(diagonal[i]!) + Math.abs(diagonal[i + 1]!);
    return Math.abs(beside[i]!) <= Number.EPSILON * scale;
  };
  for (let round = 0; round < 100; round++) {
    let last = first;
    while (last + 1 < n && !isSmall(last)) last++;
    if (last === first) return;
    sweep(first, last, { diagonal, beside, axes });
  }
}

/** One implicitly shifted step over the entries from `first` to `last`. */
function sweep(
  first: number,
  last: number,
  { diagonal: d, beside: e, axes }: Tridiagonal,
): void {
  const half = (d[first + 1]! - d[first]!) / (2 * e[first]!);
  const root = Math.hypot(half, 1);
  let g = d[last]! - d[first]! + e[first]! / (half + (half < 0 ? -root : root));
  let [sine, cosine, shift] = [1, 1, 0];
  for (let i = last - 1; i >= first; i--) {
    const f = sine * e[i]!;
    const b = cosine * e[i]!;
    const r = Math.hypot(f, g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1]! -= shift;
      e[last] = 0;
      return;
    }
    sine = f / r;
    cosine = g / r;
    const next = d[i + 1]! - shift;
    const turn = (d[i]! - next) * sine + 2 * cosine * b;
    shift = sine * turn;
    d[i + 1] = next + shift;
    g = cosine * turn - b;
    rotateRows(axes, { row: i, n: d.length, sine, cosine });
  }
  d[first]! -= shift;
  e[first] = g;
  e[last] = 0;
}

/** Turns axes `row` and `row + 1` in their plane. */
function rotateRows(axes: Float64Array, { row, n, sine, cosine }: {
  readonly row: number;
  readonly n: number;
  readonly sine: number;
  readonly cosine: number;
}): void {
  const lower = rowFrom(axes, { n, row, start: 0 });
  const upper = rowFrom(axes, { n, row: row + 1, start: 0 });
  for (let j = 0; j < n; j++) {
    const low = lower[j]!;
    const high = upper[j]!;
    upper[j] = sine * low + cosine * high;
    lower[j] = cosine * low - sine * high;
  }
}

/** Sorts by eigenvalue, largest first, and settles signs. */
function inOrder(diagonal: Float64Array, axes: Float64Array): SymmetricEigen {
  const n = diagonal.length;
  const order = [...diagonal.keys()].sort((a, b) =>
    diagonal[b]! - diagonal[a]! || a - b
  );
  const vectors = new Float64Array(n * n);
  order.forEach((from, to) => {
    const axis = axes.subarray(from * n, (from + 1) * n);
    const largest = axis.reduce(
      (most, value) => Math.abs(value) > Math.abs(most) ? value : most,
      0,
    );
    vectors.set(largest < 0 ? axis.map((value) => -value) : axis, to * n);
  });
  return { values: Float64Array.from(order, (i) => diagonal[i]!), vectors };
}
