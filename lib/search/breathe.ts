/**
 * Lets timers, signals and a notebook's Stop button in.
 *
 * @example Usage
 * ```ts
 * import { breathe } from "#lib/mod.ts";
 * import { assert } from "@std/assert";
 *
 * let rang = false;
 * setTimeout(() => rang = true, 0);
 * await breathe();
 * assert(rang);
 * ```
 */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
