import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import type { MimeBundle } from "./mime_bundle.ts";
import { drawingFiles } from "./plotly_window.ts";

/**
 * An output that brings plotly.js into a live page, once, without a network.
 *
 * The source travels compressed, 0.7 megabytes, and the page unpacks it: larger
 * outputs have made notebooks hang. `define`, `module` and `exports` are hidden
 * while it runs, so that it sets `window.Plotly` also where a module loader is
 * about.
 *
 * @returns The output; shows nothing.
 *
 * @example Usage
 * ```ts
 * import { plotlyLoader } from "#lib/mod.ts";
 * import { assert } from "@std/assert";
 *
 * const html = (await plotlyLoader())["text/html"] as string;
 * assert(html.length < 1_000_000);
 * ```
 */
export async function plotlyLoader(): Promise<MimeBundle> {
  const source = await Deno.readFile((await drawingFiles()).plotly);
  const packed = Buffer.from(gzipSync(source)).toString("base64");
  return {
    "text/html": `<script>(function () {
if (window.Plotly) return;
var bytes = Uint8Array.from(atob("${packed}"), function (c) { return c.charCodeAt(0); });
var stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
new Response(stream).text().then(function (source) {
  new Function("define", "module", "exports", source).call(window);
});
})();</script>`,
    "text/plain": "",
  };
}
