import { Buffer } from "node:buffer";
import { hash32 } from "../num/hash.ts";
import { drawPng } from "./draw_figure.ts";
import type { Figure } from "./figure.ts";
import { figureText } from "./figure_text.ts";
import type { MimeBundle } from "./mime_bundle.ts";

/** Settings of {@linkcode figureBundle}. */
export interface FigureBundleOptions {
  /** Whether to add the interactive form, for a live page; default yes. */
  readonly html?: boolean;
}

/**
 * A figure in every form a reader may want: a picture that a script makes
 * interactive where plotly.js is loaded, the picture alone, plotly's JSON, and
 * words.
 *
 * A page that does not run scripts (not trusted, or exported) keeps the
 * picture. For notebooks kept in a repository `html` is left out: what remains
 * shows the same picture at half the size.
 *
 * @param figure The figure.
 * @param options Which forms.
 * @returns The forms by media type.
 *
 * @example Usage
 * ```ts
 * import { figureBundle, lines } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const bundle = await figureBundle(lines([{ name: "loss", x: [1, 2], y: [3, 2] }]));
 * assertEquals(Object.keys(bundle), [
 *   "text/html",
 *   "image/png",
 *   "application/vnd.plotly.v1+json",
 *   "text/plain",
 * ]);
 * ```
 */
export async function figureBundle(
  figure: Figure,
  { html = true }: FigureBundleOptions = {},
): Promise<MimeBundle> {
  const png = Buffer.from(await drawPng(figure)).toString("base64");
  const { data, layout } = figure;
  return {
    ...(html ? { "text/html": interactive(figure, png) } : {}),
    "image/png": png,
    "application/vnd.plotly.v1+json": { data, layout },
    "text/plain": figureText(figure),
  };
}

/** The picture, and a script that puts plotly's drawing in its place. */
function interactive(figure: Figure, png: string): string {
  const { data, layout } = figure;
  const json = JSON.stringify({ data, layout }).replaceAll("<", "\\u003c");
  const id = figureId(figure);
  const alt = figureText(figure).replaceAll('"', "&quot;")
    .replaceAll("<", "&lt;");
  return `<div id="${id}"><img alt="${alt}" src="data:image/png;base64,${png}"` +
    ` width="${layout.width}" height="${layout.height}"></div>\n` +
    `<script>(function () {
var places = document.querySelectorAll("#${id}"), place = places[places.length - 1];
var figure = ${json}, tries = 0;
(function draw() {
  if (!window.Plotly) { if (++tries < 40) setTimeout(draw, 250); return; }
  place.textContent = "";
  window.Plotly.newPlot(place, figure.data, figure.layout, { displaylogo: false });
})();
})();</script>`;
}

/**
 * A name that depends on what a figure shows only, so that outputs do not
 * change by themselves.
 *
 * @param figure The figure.
 * @returns Letters and digits, fit for HTML.
 *
 * @example Usage
 * ```ts
 * import { figure } from "#lib/mod.ts";
 * import { figureId } from "#lib/report/figure_bundle.ts";
 * import { assertEquals, assertNotEquals } from "@std/assert";
 *
 * const bars = (y: number[]) => figure([{ type: "bar", y }], {});
 * assertEquals(figureId(bars([1, 2])), figureId(bars([1, 2])));
 * assertNotEquals(figureId(bars([1, 2])), figureId(bars([2, 1])));
 * ```
 */
export function figureId({ data, layout }: Figure): string {
  const text = JSON.stringify({ data, layout });
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = hash32(hash, text.charCodeAt(i));
  return `figure-${hash.toString(16).padStart(8, "0")}`;
}
