/**
 * The one clear error for a file that the system does not let be read: a folder,
 * a path through a file, or one without permission.
 *
 * @param path File that was being read.
 * @param error What the system said.
 * @returns The system's class with a message that names the path; errors that
 * already say what could not be done pass unchanged.
 *
 * @example Usage
 * ```ts
 * import { readError } from "#lib/store/read_error.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const denied = readError("a", new Deno.errors.PermissionDenied("os error 13"));
 * assertEquals(denied.message, "Cannot read a: expected a file that may be read, got os error 13");
 * ```
 */
export function readError(path: string, error: unknown): Error {
  const cause = error instanceof Error ? error : new TypeError(String(error));
  if (cause.message.startsWith("Cannot ")) return cause;
  const kind = Object.values(Deno.errors).find((kind) =>
    cause.constructor === kind
  );
  return new (kind ?? Deno.errors.InvalidData)(
    `Cannot read ${path}: expected a file that may be read, got ${cause.message}`,
    { cause },
  );
}
