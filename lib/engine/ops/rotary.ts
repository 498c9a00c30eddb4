import { ShapeError } from "../../num/shape_error.ts";
import { type Tensor, tensorOf, tf } from "../tensor.ts";

/** Settings of {@linkcode rotary}. */
export interface RotaryOptions {
  /** Place of each token in its text, from 0, `[tokens]`. */
  readonly places: Int32Array;
  /** Heads; the width of one is even. */
  readonly heads: number;
  /** Base of the wave lengths, greater than 1: 10,000 in the paper. */
  readonly theta: number;
}

/**
 * Turns queries and keys by an angle that grows with the place, so that their products
 * depend on the distance of two tokens; values stay.
 *
 *     a' = a cos(p r[j]) - b sin(p r[j]),   b' = b cos(p r[j]) + a sin(p r[j])
 *     r[j] = theta^(-2 j / width),   a = feature j, b = feature j + width/2 of a head
 *
 * Pairs are made of the two halves of a head, not of neighbours. The gradient is the
 * turn back.
 *
 * Cost: 4 multiplications a feature of queries and keys.
 * Source: Su et al. 2021 (RoFormer), section 3.4, with the pairs of GPT-NeoX.
 * Differs: angles are computed in 64 bits; Hugging Face's are of 32.
 *
 * @param qkv `[tokens, 3 hidden]`, queries, keys and values side by side, head by head.
 * @param options Places, heads and base.
 * @returns `[tokens, 3 hidden]`.
 * @throws {ShapeError} If the shapes do not fit.
 *
 * @example Usage
 * ```ts
 * import { read, rotary, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * // One head of width 2 at place 1: the query (1, 0) turns by one radian.
 * const qkv = tensorOf([1, 0, 0, 1, 5, 6], [1, 6]);
 * const turned = read(rotary(qkv, { places: Int32Array.of(1), heads: 1, theta: 10000 }));
 * assertAlmostEquals(turned[0]!, Math.cos(1), 1e-12);
 * assertAlmostEquals(turned[1]!, Math.sin(1), 1e-12);
 * assertAlmostEquals(turned[5]!, 6, 1e-12);
 * ```
 */
export function rotary(qkv: Tensor, options: RotaryOptions): Tensor {
  checkShapes(qkv, options);
  return tf.customGrad((x) => ({
    value: turned(x as Tensor, options, 1),
    gradFunc: (dy: Tensor) => turned(dy, options, -1),
  }))(qkv);
}

/** The turn, or with direction -1 the turn back. */
function turned(
  qkv: Tensor,
  { places, heads, theta }: RotaryOptions,
  direction: 1 | -1,
): Tensor {
  return tf.tidy(() => {
    const [tokens, wide] = qkv.shape as [number, number];
    const half = wide / (6 * heads);
    const table = angles(places, { half, theta });
    const factor = (values: Float64Array) =>
      tensorOf(values, [tokens, 1, half]);
    const cos = factor(table.map(Math.cos));
    const sin = factor(table.map((angle) => direction * Math.sin(angle)));
    const both = tf.reshape(
      tf.slice(qkv, [0, 0], [tokens, 4 * heads * half]),
      [tokens, 2 * heads, 2 * half],
    );
    const a = tf.slice(both, [0, 0, 0], [-1, -1, half]);
    const b = tf.slice(both, [0, 0, half], [-1, -1, half]);
    const mixed = tf.concat([
      tf.sub(tf.mul(a, cos), tf.mul(b, sin)),
      tf.add(tf.mul(b, cos), tf.mul(a, sin)),
    ], 2);
    const values = tf.slice(qkv, [0, 4 * heads * half], [tokens, -1]);
    return tf.concat([tf.reshape(mixed, [tokens, -1]), values], 1);
  });
}

/** The angle of every pair at every place, radians, `[tokens, half]`. */
function angles(
  places: Int32Array,
  { half, theta }: { readonly half: number; readonly theta: number },
): Float64Array {
  const table = new Float64Array(places.length * half);
  for (let j = 0; j < half; j++) {
    const rate = theta ** (-j / half);
    for (let i = 0; i < places.length; i++) {
      table[i * half + j] = places[i]! * rate;
    }
  }
  return table;
}

/** Refuses shapes that do not fit. */
function checkShapes(qkv: Tensor, { places, heads }: RotaryOptions): void {
  const fits = qkv.rank === 2 && qkv.shape[1]! % (6 * heads) === 0 &&
    places.length === qkv.shape[0];
  if (fits) return;
  throw new ShapeError(
    "turn queries and keys",
    `qkv [tokens, 3 x ${heads} heads x an even width] and one place a token`,
    `qkv [${qkv.shape}] and ${places.length} places`,
  );
}
