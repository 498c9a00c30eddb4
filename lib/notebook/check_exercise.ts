/** An answer that many give, and what is wrong with it. */
export interface KnownMistake {
  /** What the mistake gives. */
  readonly value: number | readonly number[];
  /** What is wrong, in a sentence. */
  readonly says: string;
}

/** One trial of an answer. */
export interface ExerciseCase {
  /** What is asked, such as `the average of 2 and 4`. */
  readonly asks: string;
  /** Computes the answer. */
  readonly got: () => unknown;
  /** The right answer. */
  readonly expected: number | readonly number[];
  /** Answers that come from known mistakes. */
  readonly mistakes?: readonly KnownMistake[];
}

/**
 * Says whether a reader's answer to an exercise is right, and if not, what is
 * wrong: what was asked, what was expected, what came, and, where the answer
 * comes from a known mistake, which.
 *
 * It never throws: an answer that throws is told like a wrong one.
 *
 * @param name Such as `Exercise 1`.
 * @param cases Trials; the first wrong one is told.
 * @param options Largest difference of a number from the right one, default 1e-9.
 * @returns Markdown, to be given to `show`.
 *
 * @example Usage
 * ```ts
 * import { checkExercise } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const mean = (a: number, b: number) => a + b;
 * const mistakes = [{ value: 6, says: "That is the sum: divide by how many there are." }];
 * const cases = [{ asks: "the mean of 2 and 4", got: () => mean(2, 4), expected: 3, mistakes }];
 * assertEquals(
 *   checkExercise("Exercise 1", cases),
 *   "**Exercise 1: not yet.** For the mean of 2 and 4, expected 3, got 6. " +
 *     "That is the sum: divide by how many there are.",
 * );
 * ```
 */
export function checkExercise(
  name: string,
  cases: readonly ExerciseCase[],
  { tolerance = 1e-9 }: { readonly tolerance?: number } = {},
): string {
  for (const { asks, got, expected, mistakes = [] } of cases) {
    const answer = answerOf(got);
    if (isNear(answer, expected, tolerance)) continue;
    const known = mistakes.find(({ value }) =>
      isNear(answer, value, tolerance)
    );
    const hint = known?.says ?? generalHint(answer, expected);
    return `**${name}: not yet.** For ${asks}, expected ${
      spelt(expected)
    }, got ${spelt(answer)}.${hint === "" ? "" : ` ${hint}`}`;
  }
  return `**${name}: right.**`;
}

/** What went wrong while computing an answer. */
class Thrown {
  constructor(readonly message: string) {}
}

/** The answer, or what it threw. */
function answerOf(got: () => unknown): unknown {
  try {
    const value = got();
    return ArrayBuffer.isView(value) && !(value instanceof DataView)
      ? Array.from(value as Float32Array)
      : value;
  } catch (error) {
    return new Thrown(error instanceof Error ? error.message : String(error));
  }
}

/** Whether an answer is a number, or numbers, near the right ones. */
function isNear(
  answer: unknown,
  expected: number | readonly number[],
  tolerance: number,
): boolean {
  if (typeof expected === "number") {
    return typeof answer === "number" &&
      (answer === expected || Math.abs(answer - expected) <= tolerance);
  }
  return Array.isArray(answer) && answer.length === expected.length &&
    answer.every((value, i) => isNear(value, expected[i]!, tolerance));
}

/** What can be said of an answer that no known mistake explains. */
function generalHint(
  answer: unknown,
  expected: number | readonly number[],
): string {
  if (answer instanceof Thrown) return "The code threw an error.";
  if (answer === undefined) return "Does every way through it return?";
  if (Number.isNaN(answer)) {
    return "Somewhere 0 is divided by 0, or an undefined value takes part.";
  }
  if (Array.isArray(expected) && Array.isArray(answer)) {
    if (answer.length !== expected.length) {
      return `It has ${answer.length} numbers instead of ${expected.length}.`;
    }
    const at = answer.findIndex((value, i) =>
      !isNear(value, expected[i]!, 1e-9)
    );
    return `The first wrong number is at place ${at}.`;
  }
  return "";
}

/** An answer in a few words. */
function spelt(value: unknown): string {
  if (value instanceof Thrown) return `an error (${value.message})`;
  if (Array.isArray(value)) return `[${value.map(spelt).join(", ")}]`;
  if (typeof value === "number") {
    return String(Number(value.toPrecision(4)));
  }
  if (value === undefined) return "nothing";
  return JSON.stringify(value)?.slice(0, 60) ?? typeof value;
}
