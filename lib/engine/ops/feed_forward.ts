import { ShapeError } from "../../num/shape_error.ts";
import { tf } from "../tensor.ts";
import type { Tensor } from "../tensor.ts";
import { hasKernel, runFused, runKernel } from "./fused.ts";
import { type Activation, linear } from "./linear.ts";

/** Weight and bias of a linear layer. */
export interface Dense {
  /** `[out, in]`. */
  readonly weight: Tensor;
  /** `[out]`, added to every row; absent for none. */
  readonly bias?: Tensor | undefined;
}

/** Settings of {@linkcode feedForward}. */
export interface FeedForwardOptions {
  /** The layer whose sums are activated, weight `[inner, in]`. */
  readonly inner: Dense;
  /** A second layer beside it whose result is multiplied by, weight `[inner, in]`; absent for none. */
  readonly gate?: Dense | undefined;
  /** The layer behind, weight `[out, inner]`. */
  readonly out: Dense;
  /** What is done to the inner sums; `gelu` is the exact form. */
  readonly activation: Exclude<Activation, "none">;
}

/**
 * Applies a layer, an activation, and another layer, as between two attentions.
 *
 *     u = x W^T + b,   y = activation(u) V^T + c
 *     with a gate:     y = (activation(u) (x G^T + d)) V^T + c
 *
 * Equal to two or three calls of `linear`. Where the engine has a kernel for it, what
 * the activation gives is never whole in memory: it is computed for some rows at a
 * time, and once more for the gradient, which keeps `u`, and what the gate gives, alone.
 *
 * Source: Vaswani et al. 2017, equation 2; Shazeer 2020, equation 6 (gate).
 *
 * @param x `[rows, in]`.
 * @param options The layers and the activation.
 * @returns `[rows, out]`.
 * @throws {ShapeError} If the shapes do not fit.
 *
 * @example Usage
 * ```ts
 * import { feedForward, read, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const y = feedForward(tensorOf([1, 2], [1, 2]), {
 *   inner: { weight: tensorOf([3, 4, 5, -6], [2, 2]) },
 *   out: { weight: tensorOf([10, 1], [1, 2]), bias: tensorOf([7], [1]) },
 *   activation: "relu",
 * });
 * assertEquals([...read(y)], [10 * 11 + 1 * 0 + 7]);
 * ```
 */
export function feedForward(x: Tensor, options: FeedForwardOptions): Tensor {
  checkShapes(x, options);
  return hasKernel("LabFeedForward")
    ? fusedFeedForward(x, options)
    : composedFeedForward(x, options);
}

/** The same by calls of `linear`. */
function composedFeedForward(
  x: Tensor,
  { inner, gate, out, activation }: FeedForwardOptions,
): Tensor {
  return tf.tidy(() => {
    const { bias } = inner;
    const sums = linear(x, inner.weight, { bias, activation });
    const product = gate
      ? tf.mul(sums, linear(x, gate.weight, { bias: gate.bias }))
      : sums;
    return linear(product, out.weight, { bias: out.bias });
  });
}

/** The engine's own kernel and gradient. */
function fusedFeedForward(
  x: Tensor,
  { inner, gate, out, activation }: FeedForwardOptions,
): Tensor {
  const weights = {
    ...named("weight", "bias", inner),
    ...(gate && named("gateWeight", "gateBias", gate)),
    ...named("outWeight", "outBias", out),
  };
  return runFused({
    kernel: "LabFeedForward",
    inputs: { x, ...weights },
    attributes: { activation },
    save: ([, ...kept]) => [
      ...[x, inner.weight, out.weight],
      ...(gate ? [gate.weight] : []),
      ...kept,
    ],
    gradient: (dy, [x, weight, outWeight, ...rest]) => {
      const [sums, gates] = gate ? rest.slice(1) : rest;
      const [dsums, ...others] = runKernel("LabActivatedLinearGrad", {
        ...{ dy, x: sums!, weight: outWeight! },
        ...(gates && { gate: gates }),
      }, { activation, bias: out.bias !== undefined });
      // The largest that the gradient reads: freed before more is made.
      tf.dispose([sums!, ...(gates ? [gates] : [])]);
      const first = linearGradient(dsums!, x!, {
        weight: weight!,
        bias: inner.bias,
      });
      if (!gate) return [...first, ...others];
      const second = linearGradient(others.shift()!, x!, {
        weight: rest[0]!,
        bias: gate.bias,
      });
      const dx = tf.add(first.shift()!, second.shift()!);
      return [dx, ...first, ...second, ...others];
    },
  });
}

/** A layer's tensors by name. */
function named(
  weight: string,
  bias: string,
  layer: Dense,
): Record<string, Tensor> {
  return {
    [weight]: layer.weight,
    ...(layer.bias && { [bias]: layer.bias }),
  };
}

/** `[dx, dweight]`, and `dbias` where there is a bias; `dy` is consumed. */
function linearGradient(
  dy: Tensor,
  x: Tensor,
  { weight, bias }: Dense,
): Tensor[] {
  const gradients = runKernel("LabLinearGrad", { dy, x, weight }, {
    activation: "none",
    bias: bias !== undefined,
    needX: true,
  });
  dy.dispose();
  return gradients;
}

/** Refuses layers that do not fit each other. */
function checkShapes(
  x: Tensor,
  { inner, gate, out }: FeedForwardOptions,
): void {
  const [width] = inner.weight.shape;
  const isLayer = ({ weight, bias }: Dense) =>
    weight.rank === 2 && (!bias || `${bias.shape}` === `${weight.shape[0]}`);
  const fits = x.rank === 2 && x.shape[1] === inner.weight.shape[1] &&
    [inner, out, ...(gate ? [gate] : [])].every(isLayer) &&
    out.weight.shape[1] === width &&
    (!gate || `${gate.weight.shape}` === `${inner.weight.shape}`);
  if (fits) return;
  throw new ShapeError(
    "apply a feed-forward part",
    "x [rows, in], inner [inner, in], gate [inner, in], out [out, inner], each with a bias of its first length",
    [
      `x [${x.shape}]`,
      ...Object.entries({ inner, gate, out }).flatMap(([name, layer]) =>
        layer
          ? [
            `${name} [${layer.weight.shape}]${
              layer.bias ? ` with bias [${layer.bias.shape}]` : ""
            }`,
          ]
          : []
      ),
    ].join(", "),
  );
}
