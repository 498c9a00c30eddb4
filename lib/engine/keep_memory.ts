import { openLibrary, platform } from "./foreign.ts";

/** Numbers of glibc's settings. */
const MALLOC = {
  trimThreshold: -1,
  mapThreshold: -3,
  mostMappings: -4,
} as const;

/**
 * Asks glibc to keep memory that tensors give back, instead of returning it to
 * the system, from where it comes anew page by page: a tenth of a training step.
 *
 * For libraries that allocate with `malloc`; where there is another C library,
 * nothing changes.
 *
 * @param options.mapFrom Bytes from which on memory goes back all the same, at most
 * 32 MB: for an engine that keeps such memory itself, in which it would only split what
 * others find together. Default: none does.
 */
export function keepMemory(
  { mapFrom }: { readonly mapFrom?: number } = {},
): void {
  if (platform().os !== "linux") return;
  try {
    const { mallopt } = openLibrary("libc.so.6", {
      mallopt: { parameters: ["i32", "i32"], result: "i32", optional: true },
    });
    mallopt?.(MALLOC.trimThreshold, 2 ** 30);
    if (mapFrom === undefined) mallopt?.(MALLOC.mostMappings, 0);
    else mallopt?.(MALLOC.mapThreshold, mapFrom);
  } catch {
    // Another C library: it keeps memory as it will.
  }
}
