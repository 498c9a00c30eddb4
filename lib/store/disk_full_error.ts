/**
 * A disk, or a quota on it, has no room left; nothing half-written remains.
 *
 * @example Usage
 * ```ts
 * import { DiskFullError } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   new DiskFullError("run/settings.json").message,
 *   "Cannot write run/settings.json: expected free space on the disk, got a full disk; " +
 *     "nothing was left half-written, free some space and run it again",
 * );
 * ```
 */
export class DiskFullError extends Error {
  /** Always `DiskFullError`. */
  override readonly name = "DiskFullError";

  /**
   * Says what could not be written.
   *
   * @param path File or folder that was being written.
   * @param options The system's own error, as `cause`.
   */
  constructor(readonly path: string, options: ErrorOptions = {}) {
    super(
      `Cannot write ${path}: expected free space on the disk, got a full disk; ` +
        `nothing was left half-written, free some space and run it again`,
      options,
    );
  }
}

/**
 * The one clear error for a failed write.
 *
 * @param path File or folder that was being written.
 * @param error What the system said.
 * @returns {@link DiskFullError} for a full disk or quota, the system's class
 * with a message that names the path for everything else; errors that already
 * say what could not be done pass unchanged.
 *
 * @example Usage
 * ```ts
 * import { writeError } from "#lib/store/disk_full_error.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const denied = writeError("a", new Deno.errors.PermissionDenied("os error 13"));
 * assertEquals(denied.message, "Cannot write a: expected a place to write, got os error 13");
 * ```
 */
export function writeError(path: string, error: unknown): Error {
  const cause = error instanceof Error ? error : new TypeError(String(error));
  if (cause.message.startsWith("Cannot ")) return cause;
  const code = (cause as { readonly code?: unknown }).code;
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new DiskFullError(path, { cause });
  }
  const message =
    `Cannot write ${path}: expected a place to write, got ${cause.message}`;
  const kind = Object.values(Deno.errors).find((kind) =>
    cause.constructor === kind
  );
  return new (kind ?? Deno.errors.InvalidData)(message, { cause });
}
