import type { Progress } from "../num/progress.ts";
import { breathe } from "../search/breathe.ts";
import type { StepFigures, TrainingState } from "./step.ts";

/** One line of `metrics.jsonl`. */
export interface StepLine {
  /** The step, counted from 1. */
  readonly step: number;
  /** Loss before the step, nats. */
  readonly loss: number;
  /** Learning rate of the step. */
  readonly learningRate: number;
  /** Tokens encoded. */
  readonly tokens: number;
  /** Seconds the step took. */
  readonly seconds: number;
  /** Texts encoded at a time, where memory did not suffice for as many as asked. */
  readonly chunk?: number;
  /** Measures on dev queries, where the step was followed by an evaluation. */
  readonly dev?: Readonly<Record<string, number>>;
}

/** What the loop calls. */
export interface LoopOptions {
  /** Steps in all. */
  readonly steps: number;
  /** Takes the step of this number, counted from 0; consumes the state. */
  take(
    state: TrainingState,
    step: number,
  ): { readonly state: TrainingState; readonly figures: StepFigures };
  /** Learning rate of a step counted from 0, for the log. */
  learningRate(step: number): number;
  /** Writes a checkpoint after so many steps. */
  save?(state: TrainingState, step: number): Promise<void>;
  /** Steps between checkpoints, default 0 for never. */
  readonly saveEvery?: number;
  /** Measures the model on dev queries. */
  evaluate?(state: TrainingState): Promise<Readonly<Record<string, number>>>;
  /** Steps between evaluations, default 0 for never. */
  readonly evalEvery?: number;
  /** Keeps one line a step. */
  record?(line: StepLine): void | Promise<void>;
  /** Told after every step. */
  readonly progress?: Progress;
  /** Stops after the step under way, with a checkpoint. */
  readonly signal?: AbortSignal;
}

/**
 * Runs training steps from `first` to the end, with checkpoints, evaluations,
 * metrics and progress between them.
 *
 * When the signal is aborted the loop writes a checkpoint and throws an
 * `AbortError`: no step is lost, only the measures of an evaluation under way.
 * An error of a step, such as a loss that is not finite, leaves the last
 * checkpoint as it was.
 *
 * @param state Where to start; consumed.
 * @param first Steps already taken.
 * @param options What to call.
 * @returns The state after the last step.
 */
export async function runLoop(
  state: TrainingState,
  first: number,
  options: LoopOptions,
): Promise<TrainingState> {
  const { steps, saveEvery = 0, evalEvery = 0, signal, progress } = options;
  let saved = first;
  for (let step = first; step < steps; step++) {
    const start = performance.now();
    const taken = options.take(state, step);
    state = taken.state;
    const done = step + 1;
    const due = (every: number) => every > 0 && done % every === 0;
    const line: StepLine = {
      step: done,
      loss: taken.figures.loss,
      learningRate: options.learningRate(step),
      tokens: taken.figures.tokens,
      seconds: (performance.now() - start) / 1000,
      ...(state.chunk && { chunk: state.chunk }),
    };
    const dev = due(evalEvery) ? await measured(state, options) : undefined;
    await options.record?.(dev ? { ...line, dev } : line);
    const stopping = signal?.aborted ?? false;
    if (due(saveEvery) || (saveEvery > 0 && done === steps) || stopping) {
      await options.save?.(state, done);
      saved = done;
    }
    const { loss, learningRate } = line;
    progress?.({
      label: "train",
      done,
      total: steps,
      figures: { loss, learningRate },
    });
    if (stopping && done < steps) throw stopped(signal!, saved);
    await breathe();
  }
  return state;
}

/** Measures on dev queries; an interruption costs the measures, not the steps. */
async function measured(
  state: TrainingState,
  { evaluate, signal }: LoopOptions,
): Promise<Readonly<Record<string, number>> | undefined> {
  try {
    return await evaluate?.(state);
  } catch (error) {
    if (!signal?.aborted || error !== signal.reason) throw error;
  }
}

/** The interruption, saying where the run can be taken up again. */
function stopped(signal: AbortSignal, step: number): DOMException {
  const reason = signal.reason instanceof Error ? signal.reason.message : "";
  return new DOMException(
    `Stopped after step ${step} with a checkpoint${
      reason && reason !== "interrupted" ? ` (${reason})` : ""
    }.`,
    "AbortError",
  );
}
