import { type Figure, isFigure } from "./figure.ts";
import { figureBundle, figureId } from "./figure_bundle.ts";
import { figureText } from "./figure_text.ts";
import { plotlyLoader } from "./plotly_loader.ts";
import { bundleOf, type MimeBundle, type Showable } from "./mime_bundle.ts";
import { currentSink, type Sink } from "./sink.ts";

/**
 * Shows one item: in a notebook richly, under the runner as a stored output, in
 * a terminal as text.
 *
 * A figure is drawn to a static image first, and becomes interactive where a
 * person watches a live notebook.
 *
 * @param item A table, a text, or a figure.
 *
 * @example Usage
 * ```ts
 * import { show, table, useSink } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const seen: unknown[] = [];
 * const before = useSink({ live: false, send: (bundle) => void seen.push(bundle) });
 * await show(table([{ system: "BM25", ndcg: 0.5 }]));
 * useSink(before);
 * assertEquals(seen.length, 1);
 * ```
 */
export async function show(item: Showable | Figure | string): Promise<void> {
  const sink = currentSink();
  if (sink === undefined) return print(item);
  if (sink.live && isFigure(item)) await loadPlotly(sink, item);
  await sink.send(await formsOf(item, sink));
}

function formsOf(
  item: Showable | Figure | string,
  sink: Sink,
): MimeBundle | Promise<MimeBundle> {
  if (typeof item === "string") {
    return bundleOf({ text: item, markdown: item });
  }
  return isFigure(item)
    ? figureBundle(item, { html: sink.live })
    : bundleOf(item);
}

function print(item: Showable | Figure | string): void {
  if (typeof item === "string") console.log(item);
  else console.log(isFigure(item) ? figureText(item) : item.text);
}

/** Figures that a live page has shown since it was last sent plotly.js. */
const shownSince = new WeakMap<Sink, Set<string>>();

/**
 * Sends plotly.js before a page's first figure, and again when a figure comes a
 * second time: then a cell was run again, perhaps in a page that was reloaded
 * and has lost it.
 */
async function loadPlotly(sink: Sink, figure: Figure): Promise<void> {
  const id = figureId(figure);
  const shown = shownSince.get(sink);
  if (shown && !shown.has(id)) return void shown.add(id);
  shownSince.set(sink, new Set([id]));
  await sink.send(await plotlyLoader());
}
