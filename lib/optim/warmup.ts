/**
 * Reads a warm-up: whole steps as they are, a number below 1 as a share of
 * the run, rounded up.
 *
 *     warmupSteps(0.05, 201) = ceil(10.05) = 11
 *
 * One is one step, not the whole run.
 *
 * Source: `TrainingArguments.get_warmup_steps` of transformers, the same rule.
 *
 * @param warmup Whole steps, or a share in `[0, 1)`.
 * @param steps Steps of the run.
 * @returns Steps of warm-up, a whole number from 0.
 * @throws {RangeError} If it is negative, not finite, or above 1 and not whole.
 *
 * @example Usage
 * ```ts
 * import { warmupSteps } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(warmupSteps(0.05, 201), 11);
 * assertEquals(warmupSteps(40, 201), 40);
 * ```
 */
export function warmupSteps(warmup: number, steps: number): number {
  const isShare = warmup >= 0 && warmup < 1;
  if (!isShare && !(Number.isInteger(warmup) && warmup > 0)) {
    throw new RangeError(
      `Cannot plan the warm-up: expected whole steps or a share below 1, got ${warmup}`,
    );
  }
  return isShare ? Math.ceil(warmup * steps) : warmup;
}

/**
 * The rising part that all schedules share: 0 at step 0, 1 at step `warmup`.
 *
 * @param step Counted from 0, below `warmup`.
 * @param warmup Steps of warm-up.
 * @returns `step / warmup`.
 */
export function warmupShare(step: number, warmup: number): number {
  return step / Math.max(1, warmup);
}

/**
 * Checks the length of a run.
 *
 * @param steps What should be a whole number from 1.
 * @throws {RangeError} If it is not.
 */
export function checkSteps(steps: number): void {
  if (!Number.isInteger(steps) || steps < 1) {
    throw new RangeError(
      `Cannot plan the learning rate: expected steps of at least 1, got ${steps}`,
    );
  }
}
