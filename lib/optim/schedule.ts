/**
 * The share of the learning rate that a step uses, `[0, 1]`.
 *
 * Steps count from 0: the first step of a run is `schedule(0)`.
 */
export type Schedule = (step: number) => number;

/** What every schedule needs to know of the run. */
export interface ScheduleSettings {
  /** Optimisation steps of the whole run, at least 1. */
  readonly steps: number;
  /**
   * Length of the warm-up: whole steps, or, below 1, a share of `steps`
   * (rounded up). Default 0.
   */
  readonly warmup?: number;
}
