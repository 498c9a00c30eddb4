import type { Tensor } from "../engine/tensor.ts";

/**
 * Scores to a scalar, in nats, mean over queries.
 *
 * @typeParam Targets What the scores are held against.
 * @typeParam Options The loss's own settings.
 */
export type Loss<Targets, Options = Record<never, never>> = (
  scores: Tensor,
  targets: Targets,
  options?: Options,
) => Tensor;
