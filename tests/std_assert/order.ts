import { assert } from "./truth.ts";

/**
 * Demands `|actual - expected| <= tolerance`. Equal infinities and two NaN
 * agree; a NaN against a number never does.
 */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance: number = Number.isFinite(expected)
    ? Math.abs(expected * 1e-7)
    : 1e-7,
  msg?: string,
): void {
  if (Object.is(actual, expected)) return;
  const difference = Math.abs(actual - expected);
  assert(
    difference <= tolerance,
    msg ??
      `Expected ${actual} within ${tolerance} of ${expected}, the difference is ${difference}`,
  );
}

/** Demands `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  assert(actual > expected, msg ?? `Expected ${actual} > ${expected}`);
}

/** Demands `actual >= expected`. */
export function assertGreaterOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  assert(actual >= expected, msg ?? `Expected ${actual} >= ${expected}`);
}

/** Demands `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  assert(actual < expected, msg ?? `Expected ${actual} < ${expected}`);
}

/** Demands `actual <= expected`. */
export function assertLessOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  assert(actual <= expected, msg ?? `Expected ${actual} <= ${expected}`);
}
