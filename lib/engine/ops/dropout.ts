import { hash32 } from "../../num/hash.ts";
import { ShapeError } from "../../num/shape_error.ts";
import { tensorOf, tf } from "../tensor.ts";
import type { Tensor } from "../tensor.ts";
import { hasKernel, runFused, runKernel } from "./fused.ts";

/** Settings of {@linkcode dropout}. */
export interface DropoutOptions {
  /** Share of features set to zero, `[0, 1)`; a multiple of 1/65536 is exact, others are rounded to it. */
  readonly rate: number;
  /** One key a row, `[rows]`, from `dropoutRowKeys`. */
  readonly rowKeys: Uint32Array;
  /** Number of the place in the model, so that two places draw apart. */
  readonly site: number;
}

/**
 * Sets a share of features to zero and scales the rest up to keep the mean.
 *
 *     y = x / (1 - rate) where u(row key, site, feature) >= rate, else 0
 *
 * `u` is a counter hash, not a stream: the mask is the same on every engine and
 * however a batch is split. The gradient is the same mask applied to `dy`.
 *
 * Random: 16 bits a feature of `hash32(hash32(row key, site), feature / 2)`.
 * Source: Srivastava et al. 2014, in the scaled form that every framework uses.
 *
 * @param x `[rows, n]`.
 * @param options Rate, keys and site.
 * @returns `[rows, n]`; a new tensor also where the rate is 0.
 * @throws {RangeError} If the rate is outside `[0, 1)`.
 * @throws {ShapeError} If there is not one key a row.
 *
 * @example Usage
 * ```ts
 * import { dropout, read, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const x = tensorOf(new Float64Array(1000).fill(1), [1, 1000]);
 * const y = read(dropout(x, { rate: 0.5, rowKeys: Uint32Array.of(7), site: 0 }));
 * assertEquals([...new Set(y)].sort(), [0, 2]);
 * ```
 */
export function dropout(x: Tensor, options: DropoutOptions): Tensor {
  const { rate, rowKeys, site } = options;
  checkOptions(x, options);
  if (rate === 0) return tf.clone(x);
  if (!hasKernel("LabDropout")) {
    return tf.tidy(() =>
      tf.mul(x, tensorOf(dropoutMask(x.shape[1]!, options), x.shape))
    );
  }
  const attributes = { rate, rowKeys, site };
  return runFused({
    kernel: "LabDropout",
    inputs: { x },
    attributes,
    save: () => [],
    gradient: (dy) => runKernel("LabDropout", { x: dy }, attributes),
  });
}

/**
 * The factors that dropout multiplies by: the one definition every engine shares.
 *
 * @param n Features a row.
 * @param options Rate, keys and site.
 * @returns `[rows, n]`: 0 or `1 / (1 - rate)`.
 *
 * @example Usage
 * ```ts
 * import { dropoutMask } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const mask = dropoutMask(4, { rate: 0, rowKeys: Uint32Array.of(1), site: 0 });
 * assertEquals([...mask], [1, 1, 1, 1]);
 * ```
 */
export function dropoutMask(n: number, options: DropoutOptions): Float64Array {
  const { rate, rowKeys, site } = options;
  const threshold = Math.round(rate * 65536);
  const factor = 1 / (1 - rate);
  const mask = new Float64Array(rowKeys.length * n);
  for (let row = 0; row < rowKeys.length; row++) {
    const key = hash32(rowKeys[row]!, site);
    for (let feature = 0; feature < n; feature += 2) {
      const bits = hash32(key, feature >>> 1);
      const at = row * n + feature;
      if ((bits & 0xffff) >= threshold) mask[at] = factor;
      if (feature + 1 < n && (bits >>> 16) >= threshold) mask[at + 1] = factor;
    }
  }
  return mask;
}

/** Refuses a rate or a number of keys that cannot be. */
function checkOptions(x: Tensor, { rate, rowKeys }: DropoutOptions): void {
  if (!(rate >= 0 && rate < 1)) {
    throw new RangeError(
      `Cannot drop features out: expected a rate in [0, 1), got ${rate}`,
    );
  }
  if (x.rank === 2 && x.shape[0] === rowKeys.length) return;
  throw new ShapeError(
    "drop features out",
    "x [rows, n] and one key a row",
    `x [${x.shape}] and ${rowKeys.length} keys`,
  );
}
