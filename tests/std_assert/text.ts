import { assert } from "./truth.ts";

/** Demands that a text matches a pattern. */
export function assertMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void {
  assert(
    actual.search(expected) >= 0,
    msg ?? `Expected "${actual}" to match ${expected}`,
  );
}

/** Demands that a text does not match a pattern. */
export function assertNotMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void {
  assert(
    actual.search(expected) < 0,
    msg ?? `Expected "${actual}" not to match ${expected}`,
  );
}

/** Demands that a text contains another. */
export function assertStringIncludes(
  actual: string,
  expected: string,
  msg?: string,
): void {
  assert(
    actual.includes(expected),
    msg ?? `Expected "${actual}" to contain "${expected}"`,
  );
}
