/**
 * A length of time in words, for people: two units at most.
 *
 * @param seconds At least 0; what is not finite becomes `?`.
 * @returns Such as `0.4 s`, `12 s`, `3 min 20 s`, `1 h 05 min`.
 *
 * @example Usage
 * ```ts
 * import { duration } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(duration(200), "3 min 20 s");
 * ```
 */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const padded = (value: number) => String(value).padStart(2, "0");
  if (whole < 3600) {
    return `${Math.floor(whole / 60)} min ${padded(whole % 60)} s`;
  }
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${padded(minutes % 60)} min`;
}
