/**
 * Assertions under the names of `@std/assert`, which cannot be fetched where
 * JSR is out of reach. A stand-in over `node:assert/strict`: same names, same
 * argument order, comparison by structure with `Object.is` for numbers.
 *
 * Where JSR is reachable, map `@std/assert` in `deno.json` to
 * `jsr:@std/assert@^1` and delete this folder.
 *
 * @module
 */
export * from "./equality.ts";
export * from "./order.ts";
export * from "./text.ts";
export * from "./thrown.ts";
export * from "./truth.ts";
