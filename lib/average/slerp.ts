import {
  type Parameters,
  read,
  scalarOf,
  type Tensor,
  tf,
} from "../engine/tensor.ts";
import { checkSets } from "./check_sets.ts";

/** Settings of {@linkcode slerp}. */
export interface SlerpOptions {
  /** Where between the first set (0) and the second (1), or one a name. */
  readonly share: number | ((name: string) => number);
  /** Whose formula; see below. Default `mergekit`. */
  readonly form?: "mergekit" | "paper";
}

/** Whose formula. */
type Form = "mergekit" | "paper";

/** Above this cosine, mergekit takes the straight line. */
const NEARLY_PARALLEL = 0.9995;

/**
 * Spherical interpolation between two parameter sets, tensor by tensor.
 *
 *     omega = angle between the two tensors, flattened
 *     mergekit: [sin((1 - t) omega) a + sin(t omega) b] / sin omega
 *     paper:    |a|^(1 - t) |b|^t [sin((1 - t) omega) a/|a| + sin(t omega) b/|b|] / sin omega
 *
 * Above a cosine of 0.9995 both take the straight line (the paper's between unit
 * directions). Checkpoints of one run are nearly always that close, so there
 * mergekit's SLERP is LERP. At `t = 1/2` and equal lengths it is LERP over
 * `cos(omega / 2)`. A tensor of zeros has no angle: mergekit takes it for a right one,
 * the paper's form goes straight.
 *
 * Source: `paper`: Lu, Luu and Buehler 2025, equation of SLERP; `mergekit`: the merge
 * method `slerp` that they ran (values of mergekit 0.1.5), which does not scale to
 * unit length.
 *
 * @param first The set at share 0; it stays alive.
 * @param second The set at share 1; it stays alive.
 * @param options Share and form.
 * @returns New tensors; the caller disposes them.
 * @throws {ShapeError} If names or shapes differ, naming the first.
 * @throws {RangeError} If a share is not from 0 to 1.
 *
 * @example Usage
 * ```ts
 * import { read, slerp, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const [a, b] = [{ w: tensorOf([1, 0], [2]) }, { w: tensorOf([0, 1], [2]) }];
 * const half = read(slerp(a, b, { share: 0.5 })["w"]!);
 * assertAlmostEquals(half[0]!, Math.SQRT1_2, 1e-12); // still of length 1
 * ```
 */
export function slerp(
  first: Parameters,
  second: Parameters,
  options: SlerpOptions,
): Parameters {
  const { share, form = "mergekit" } = options;
  const names = checkSets([first, second], "interpolate parameter sets");
  return Object.fromEntries(names.map((name) => {
    const t = typeof share === "number" ? share : share(name);
    if (!(t >= 0 && t <= 1)) {
      throw new RangeError(
        `Cannot interpolate ${name}: expected a share from 0 to 1, got ${t}`,
      );
    }
    return [name, between(first[name]!, second[name]!, [t, form])];
  }));
}

/** One tensor's interpolation. */
function between(
  a: Tensor,
  b: Tensor,
  [t, form]: readonly [number, Form],
): Tensor {
  const lengths = [lengthOf(a), lengthOf(b)] as const;
  const isUnitScaled = form === "paper" && !lengths.includes(0);
  const [one, other] = coefficients(cosineOf(a, b, [lengths, form]), t);
  const height = lengths[0] ** (1 - t) * lengths[1] ** t;
  const [ofA, ofB] = isUnitScaled ? lengths.map((own) => height / own) : [1, 1];
  return tf.tidy(() =>
    tf.add(
      tf.mul(a, scalarOf(one * ofA!)),
      tf.mul(b, scalarOf(other * ofB!)),
    )
  );
}

/** What the two tensors are multiplied by. */
function coefficients(cosine: number, t: number): readonly [number, number] {
  if (Math.abs(cosine) > NEARLY_PARALLEL) return [1 - t, t];
  const omega = Math.acos(cosine);
  return [
    Math.sin((1 - t) * omega) / Math.sin(omega),
    Math.sin(t * omega) / Math.sin(omega),
  ];
}

/** Cosine of two tensors, flattened; with zeros 0 (mergekit) or 1 (paper). */
function cosineOf(
  a: Tensor,
  b: Tensor,
  [lengths, form]: readonly [readonly [number, number], Form],
): number {
  if (lengths.includes(0)) return form === "mergekit" ? 0 : 1;
  const [x, y] = [read(a), read(b)];
  let dot = 0;
  for (let i = 0; i < x.length; i++) {
    dot += (x[i]! / lengths[0]) * (y[i]! / lengths[1]);
  }
  return Math.max(-1, Math.min(1, dot));
}

/** Euclidean length of a tensor, flattened, added up in 64 bits. */
function lengthOf(x: Tensor): number {
  let sum = 0;
  for (const value of read(x)) sum += value * value;
  return Math.sqrt(sum);
}
