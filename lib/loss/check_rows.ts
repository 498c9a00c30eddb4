import { ShapeError } from "../num/shape_error.ts";
import type { Tensor } from "../engine/tensor.ts";

/**
 * Checks that scores are a matrix with at least one row and enough columns.
 *
 * @param scores What should be `[queries, ways]`.
 * @param action What is being done, for the message.
 * @param leastWays Columns needed. Default 1.
 * @returns Rows and columns.
 * @throws {ShapeError} If they are not.
 */
export function checkRows(
  scores: Tensor,
  action: string,
  leastWays = 1,
): { readonly queries: number; readonly ways: number } {
  const [queries = 0, ways = 0] = scores.shape;
  if (scores.rank !== 2 || queries < 1 || ways < leastWays) {
    throw new ShapeError(
      action,
      leastWays > 1
        ? `scores [queries, ways] with at least ${leastWays} ways`
        : "scores [queries, ways]",
      `[${scores.shape}]`,
    );
  }
  return { queries, ways };
}

/**
 * Checks that a teacher scored the same texts as the student.
 *
 * @param scores The student's, `[queries, ways]`.
 * @param teacher The teacher's.
 * @param action What is being done, for the message.
 * @throws {ShapeError} If the two shapes differ.
 */
export function checkTeacher(
  scores: Tensor,
  teacher: Tensor,
  action: string,
): void {
  if (`${scores.shape}` !== `${teacher.shape}`) {
    throw new ShapeError(
      action,
      `teacher scores [${scores.shape}]`,
      `[${teacher.shape}]`,
    );
  }
}
