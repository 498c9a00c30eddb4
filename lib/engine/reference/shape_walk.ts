/**
 * Multiplies sizes.
 *
 * @param shape Sizes; none for a scalar.
 * @returns How many numbers the shape holds.
 */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/**
 * Steps between neighbours along each axis, row-major.
 *
 * @param shape Sizes, outermost first.
 * @returns One step an axis.
 */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis]!;
  }
  return strides;
}

/**
 * Visits every place of a shape in row-major order and says where it lies in
 * another memory.
 *
 * @param shape Sizes to walk over.
 * @param strides Steps in the other memory, one an axis; 0 stands still.
 * @param start Where the walk begins in the other memory. Default 0.
 * @returns One place a number of the shape.
 */
export function placesOf(
  shape: readonly number[],
  strides: readonly number[],
  start = 0,
): Int32Array {
  const places = new Int32Array(sizeOf(shape));
  const counter = new Array<number>(shape.length).fill(0);
  let place = start;
  for (let i = 0; i < places.length; i++) {
    places[i] = place;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place += strides[axis]!;
      if (++counter[axis]! < shape[axis]!) break;
      place -= strides[axis]! * shape[axis]!;
      counter[axis] = 0;
    }
  }
  return places;
}

/**
 * Steps with which a smaller shape is walked as if it were a larger one.
 *
 * Axes are matched from the last; an axis of size 1, or one that is missing,
 * stands still.
 *
 * @param shape The smaller shape.
 * @param target The larger shape.
 * @returns One step an axis of `target`.
 */
export function broadcastStrides(
  shape: readonly number[],
  target: readonly number[],
): number[] {
  const own = stridesOf(shape);
  const missing = target.length - shape.length;
  return target.map((_, axis) =>
    axis < missing || shape[axis - missing] === 1 ? 0 : own[axis - missing]!
  );
}

/**
 * The shape two shapes make together.
 *
 * @param a One shape.
 * @param b The other.
 * @returns Their common shape, axes matched from the last.
 */
export function broadcastShape(
  a: readonly number[],
  b: readonly number[],
): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    return left === 1 ? right : left;
  });
}

/**
 * Resolves axes given as nothing (all), one number or many, negative from the end.
 *
 * @param axis The setting.
 * @param rank Axes of the shape.
 * @returns Whole numbers in `[0, rank)`.
 */
export function axesOf(axis: unknown, rank: number): number[] {
  if (axis === undefined || axis === null) {
    return Array.from({ length: rank }, (_, i) => i);
  }
  const given = Array.isArray(axis) ? axis as number[] : [axis as number];
  return given.map((i) => i < 0 ? i + rank : i);
}

/** Whether two shapes are the same. */
export function isSameShape(
  a: readonly number[],
  b: readonly number[],
): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

/**
 * Sizes of the pieces that `SplitV` cuts an axis into.
 *
 * @param setting A number of equal pieces, or sizes of which one may be -1, what is left.
 * @param length Size of the axis.
 * @returns One size a piece.
 */
export function pieceSizes(setting: unknown, length: number): number[] {
  if (typeof setting === "number") {
    return new Array<number>(setting).fill(length / setting);
  }
  const given = setting as number[];
  const known = given.reduce((sum, size) => sum + Math.max(size, 0), 0);
  return given.map((size) => size < 0 ? length - known : size);
}

/**
 * The box that `Slice` cuts out.
 *
 * @param shape Sizes of the whole.
 * @param box Where it begins and its sizes, one number or many; what is missing
 * begins at 0, and a size of -1 or none goes to the end.
 * @returns A beginning and a size for each axis.
 */
export function boxIn(
  shape: readonly number[],
  box: { readonly begin?: unknown; readonly size?: unknown },
): { readonly start: number[]; readonly shape: number[] } {
  const begin = [box.begin ?? []].flat() as number[];
  const size = [box.size ?? []].flat() as number[];
  const start = shape.map((_, axis) => begin[axis] ?? 0);
  return {
    start,
    shape: shape.map((length, axis) => {
      const wanted = size[axis] ?? -1;
      return wanted < 0 ? length - start[axis]! : wanted;
    }),
  };
}
