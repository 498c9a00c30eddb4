import process from "node:process";

/**
 * The most memory this process has held so far, memory of engines included.
 *
 * @returns Bytes.
 *
 * @example Usage
 * ```ts
 * import { peakMemoryBytes } from "#lib/cli/peak_memory.ts";
 * import { assertGreater } from "@std/assert";
 *
 * assertGreater(peakMemoryBytes(), 1e6);
 * ```
 */
export function peakMemoryBytes(): number {
  return process.resourceUsage().maxRSS * 1024;
}
