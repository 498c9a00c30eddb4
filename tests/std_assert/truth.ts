import { AssertionError } from "node:assert";

export { AssertionError };

// deno-lint-ignore no-explicit-any -- a constructor of any signature
type Constructor<T> = abstract new (...args: any[]) => T;

/** Fails at once with an optional reason. */
export function fail(msg?: string): never {
  throw new AssertionError({ message: msg ? `Failed: ${msg}` : "Failed" });
}

/** Demands a truthy value and narrows its type. */
export function assert(
  expr: unknown,
  msg = "Expected a truthy value",
): asserts expr {
  if (!expr) {
    throw new AssertionError({ message: msg, actual: expr, expected: true });
  }
}

/** Demands a falsy value. */
export function assertFalse(expr: unknown, msg?: string): void {
  assert(!expr, msg ?? `Expected a falsy value, got ${String(expr)}`);
}

/** Demands a value that is neither undefined nor null and narrows its type. */
export function assertExists<T>(
  actual: T,
  msg?: string,
): asserts actual is NonNullable<T> {
  assert(
    actual !== undefined && actual !== null,
    msg ?? `Expected a value, got ${String(actual)}`,
  );
}

/** Demands an instance of a class and narrows its type. */
export function assertInstanceOf<T>(
  actual: unknown,
  expectedType: Constructor<T>,
  msg?: string,
): asserts actual is T {
  const got = actual === null || typeof actual !== "object"
    ? String(actual)
    : actual.constructor?.name;
  assert(
    actual instanceof expectedType,
    msg ?? `Expected an instance of ${expectedType.name}, got ${got}`,
  );
}
