/**
 * What a notebook that runs as a module imports first: keeps what `show`
 * receives, cell by cell, and hands it to the process that started the run.
 *
 * @module
 */
import type { MimeBundle } from "../report/mime_bundle.ts";
import { type SendOptions, useSink } from "../report/sink.ts";

/** What one cell showed: its place among all cells, and its outputs in order. */
export interface ShownByCell {
  /** Place among all cells. */
  readonly cell: number;
  /** Forms by media type. */
  readonly outputs: MimeBundle[];
}

/** The two calls that an extracted module makes. */
export interface Collection {
  /**
   * Says that another cell starts.
   *
   * @param cell Its place among all cells.
   */
  start(cell: number): void;
  /** Writes all that was shown. */
  finish(): void;
}

/**
 * Takes the place of the page that `show` sends to.
 *
 * @param path Where the outputs are written when the notebook is over.
 * @returns The calls to put between the cells.
 *
 * @example Usage
 * ```ts
 * import { collectOutputs, show } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const path = await Deno.makeTempFile();
 * const cells = collectOutputs(path);
 * cells.start(1);
 * await show({ text: "two" });
 * cells.finish();
 * assertEquals(JSON.parse(await Deno.readTextFile(path)), [
 *   { cell: 1, outputs: [{ "text/plain": "two" }] },
 * ]);
 * await Deno.remove(path);
 * ```
 */
export function collectOutputs(path: string): Collection {
  const cells: ShownByCell[] = [];
  const named = new Map<string, (bundle: MimeBundle) => void>();
  useSink({
    live: false,
    send(bundle: MimeBundle, { id, update = false }: SendOptions = {}) {
      if (update && id !== undefined) return named.get(id)?.(bundle);
      const { outputs } = cells.at(-1)!;
      const place = outputs.push(bundle) - 1;
      if (id !== undefined) named.set(id, (next) => outputs[place] = next);
    },
  });
  return {
    start: (cell) => void cells.push({ cell, outputs: [] }),
    finish: () => Deno.writeTextFileSync(path, JSON.stringify(cells)),
  };
}
