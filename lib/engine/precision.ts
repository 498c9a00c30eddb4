/**
 * How activations are stored and products are made: `fp32` in 32 bits; `tf32`
 * stored so, with products of 19-bit factors; `bf16` stored in 16 bits, with
 * sums, statistics, scores, losses and parameters in 32.
 *
 * @example Usage
 * ```ts
 * import { type Precision, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const precision: Precision = "fp32";
 * assertEquals((await useEngine("reference", { precision })).name, "reference");
 * ```
 */
export type Precision = "fp32" | "tf32" | "bf16";
