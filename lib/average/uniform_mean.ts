import type { Parameters } from "../engine/tensor.ts";
import { lerp } from "./lerp.ts";

/**
 * The plain mean of parameter sets: a uniform soup.
 *
 *     mean = (1 / K) sum over k of sets[k]
 *
 * Average read-outs (`Optimizer.readout`), not the points where gradients are taken.
 *
 * Source: Wortsman and others 2022 (model soups), recipe 1; Clavié 2024
 * (JaColBERTv2.5), section on checkpoint merging.
 *
 * @param sets At least one, of the same names and shapes; they stay alive.
 * @returns New tensors; the caller disposes them.
 * @throws {RangeError} If there is no set.
 * @throws {ShapeError} If names or shapes differ, naming the first.
 *
 * @example Usage
 * ```ts
 * import { read, tensorOf, uniformMean, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const mean = uniformMean([{ w: tensorOf([1], [1]) }, { w: tensorOf([4], [1]) }]);
 * assertEquals([...read(mean["w"]!)], [2.5]);
 * ```
 */
export function uniformMean(sets: readonly Parameters[]): Parameters {
  return lerp(sets, sets.map(() => 1));
}
