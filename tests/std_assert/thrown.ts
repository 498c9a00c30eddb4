import { assert, assertInstanceOf, fail } from "./truth.ts";
import { assertStringIncludes } from "./text.ts";

// deno-lint-ignore no-explicit-any -- a constructor of any signature
type ErrorClass<E extends Error> = abstract new (...args: any[]) => E;

/**
 * Demands that a function throws an error of a class with a text in its
 * message, and returns that error.
 */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  errorClass?: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): E {
  let returned: unknown;
  try {
    returned = fn();
  } catch (error) {
    return checked(error, { errorClass, msgIncludes, msg });
  }
  if (returned instanceof Promise) {
    returned.catch(() => {});
    fail(msg ?? "Expected a throw, got a promise: use assertRejects");
  }
  fail(msg ?? "Expected the function to throw, but it returned");
}

/**
 * Demands that a promise rejects with an error of a class with a text in its
 * message, and resolves to that error.
 */
export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  errorClass?: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E> {
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
  } catch (error) {
    fail(
      msg ?? `Expected a rejected promise, but the function threw: ${error}`,
    );
  }
  try {
    await promise;
  } catch (error) {
    return checked(error, { errorClass, msgIncludes, msg });
  }
  fail(msg ?? "Expected the promise to reject, but it resolved");
}

interface Expected<E extends Error> {
  readonly errorClass: ErrorClass<E> | undefined;
  readonly msgIncludes: string | undefined;
  readonly msg: string | undefined;
}

function checked<E extends Error>(
  error: unknown,
  { errorClass, msgIncludes, msg }: Expected<E>,
): E {
  assert(
    error instanceof Error,
    msg ?? `Expected an Error to be thrown, got ${String(error)}`,
  );
  if (errorClass) {
    assertInstanceOf(error, errorClass, msg ?? wrongClass(error, errorClass));
  }
  if (msgIncludes !== undefined) {
    assertStringIncludes(error.message, msgIncludes, msg);
  }
  return error as E;
}

function wrongClass<E extends Error>(
  error: Error,
  errorClass: ErrorClass<E>,
): string {
  return `Expected an error of class ${errorClass.name}, got ${error.name}: ${error.message}`;
}
