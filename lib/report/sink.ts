import type { MimeBundle } from "./mime_bundle.ts";

/** How one output is sent. */
export interface SendOptions {
  /** Name of an output that later ones replace. */
  readonly id?: string;
  /** Whether this replaces the output of the same name. */
  readonly update?: boolean;
}

/** A place that outputs go to instead of standard output. */
export interface Sink {
  /** Whether somebody is watching: outputs can be replaced and scripts run. */
  readonly live: boolean;
  /**
   * Takes one output.
   *
   * @param bundle Its forms by media type.
   * @param options Name and replacement.
   */
  send(bundle: MimeBundle, options?: SendOptions): void | Promise<void>;
}

/** Shared by every copy of this module in a process, as notebooks may load two. */
const KEY = Symbol.for("maxsim-lab.sink");
const world = globalThis as unknown as Record<symbol, Sink | undefined>;

/**
 * Where outputs go now: a notebook's page, a runner's list, or nowhere special.
 *
 * @returns The sink, or `undefined` for standard output.
 *
 * @example Usage
 * ```ts
 * import { currentSink, useSink } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const before = useSink({ live: false, send: () => {} });
 * assertEquals(currentSink()?.live, false);
 * useSink(before);
 * ```
 */
export function currentSink(): Sink | undefined {
  return world[KEY];
}

/**
 * Sends outputs somewhere else from now on.
 *
 * @param sink The new place, or `undefined` for standard output.
 * @returns The place until now, to be put back later.
 *
 * @example Usage
 * ```ts
 * import { show, useSink } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const seen: unknown[] = [];
 * const before = useSink({ live: false, send: (bundle) => void seen.push(bundle) });
 * await show({ text: "1" });
 * useSink(before);
 * assertEquals(seen, [{ "text/plain": "1" }]);
 * ```
 */
export function useSink(sink: Sink | undefined): Sink | undefined {
  const before = world[KEY];
  if (sink) world[KEY] = sink;
  else delete world[KEY];
  return before;
}
