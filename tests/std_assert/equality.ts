import nodeAssert from "node:assert/strict";

// `msg as string`: with the types of some npm package in the program, `undefined` is refused.
/** Demands equality by structure: prototypes, keys, and `Object.is` for primitives. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  nodeAssert.deepStrictEqual(actual, expected, msg as string);
}

/** Demands a difference somewhere in the structure. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  nodeAssert.notDeepStrictEqual(actual, expected, msg as string);
}

/** Demands the very same value (`Object.is`) and narrows its type. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  nodeAssert.strictEqual(actual, expected, msg as string);
}

/** Demands that two values are not the very same (`Object.is`). */
export function assertNotStrictEquals<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  nodeAssert.notStrictEqual(actual, expected, msg as string);
}

/** Demands that every expected item occurs in the actual items, by structure. */
export function assertArrayIncludes<T>(
  actual: ArrayLike<T>,
  expected: ArrayLike<T>,
  msg?: string,
): void {
  const items = Array.from(actual);
  const missing = Array.from(expected).filter((wanted) =>
    !items.some((item) => isEqual(item, wanted))
  );
  nodeAssert.deepStrictEqual(
    missing,
    [],
    msg ?? `Expected items are missing: ${JSON.stringify(missing)}`,
  );
}

/** Tells whether two values are equal by structure. */
export function equal(a: unknown, b: unknown): boolean {
  return isEqual(a, b);
}

function isEqual(a: unknown, b: unknown): boolean {
  try {
    nodeAssert.deepStrictEqual(a, b);
    return true;
  } catch {
    return false;
  }
}
