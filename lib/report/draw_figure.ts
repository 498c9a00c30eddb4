import type { Figure } from "./figure.ts";
import { drawingFiles, drawInPage } from "./plotly_window.ts";
import { writeFileAtomically } from "../store/atomic_file.ts";

/**
 * Draws a figure as SVG, without a browser: equal figures give equal bytes, on
 * every machine.
 *
 * Cost: about a second for the first figure (plotly.js is read), then 30 to
 * 130 milliseconds.
 *
 * @param figure The figure; plotly's two-dimensional kinds, without WebGL.
 * @returns The picture's source.
 *
 * @example Usage
 * ```ts
 * import { drawSvg, lines } from "#lib/mod.ts";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const svg = await drawSvg(lines([{ name: "loss", x: [1, 2], y: [3, 2] }]));
 * assertStringIncludes(svg, "<svg");
 * ```
 */
export async function drawSvg(figure: Figure): Promise<string> {
  return (await drawInPage(figure))
    .replaceAll(/url\((['"]|&quot;)(?:about:blank)?#(.*?)\1\)/g, "url(#$2)");
}

/**
 * Draws a figure as PNG, without a browser: equal figures give equal bytes.
 *
 * @param figure The figure; plotly's two-dimensional kinds, without WebGL.
 * @param options Pixels of the picture for one of the figure, default 1.
 * @returns The file's bytes.
 *
 * @example Usage
 * ```ts
 * import { drawPng, lines } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const png = await drawPng(lines([{ name: "loss", x: [1, 2], y: [3, 2] }]));
 * assertEquals([...png.subarray(1, 4)], [0x50, 0x4e, 0x47]);
 * ```
 */
export async function drawPng(
  figure: Figure,
  { zoom = 1 }: { readonly zoom?: number } = {},
): Promise<Uint8Array> {
  const { Resvg } = await import("@resvg/resvg-js");
  const { fonts } = await drawingFiles();
  const svg = (await drawSvg(figure))
    .replaceAll(
      /image-rendering:\s*pixelated/g,
      "image-rendering: optimizeSpeed",
    );
  const picture = new Resvg(svg, {
    background: "white",
    fitTo: { mode: "zoom", value: zoom },
    font: {
      loadSystemFonts: false,
      fontFiles: fonts.map((font) => decodeURIComponent(font.pathname)),
      defaultFontFamily: "DejaVu Sans",
    },
  });
  return picture.render().asPng();
}

/**
 * Writes a figure to a file, whole or not at all.
 *
 * @param path Ends in `.svg`, `.png`, or `.json` for plotly's own form.
 * @param figure The figure.
 * @throws {RangeError} If the name ends otherwise.
 *
 * @example Usage
 * ```ts
 * import { lines, writeFigure } from "#lib/mod.ts";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * const figure = lines([{ name: "loss", x: [1, 2], y: [3, 2] }]);
 * await writeFigure(`${folder}/curve.svg`, figure);
 * assertStringIncludes(await Deno.readTextFile(`${folder}/curve.svg`), "<svg");
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function writeFigure(path: string, figure: Figure): Promise<void> {
  const kind = path.slice(path.lastIndexOf(".") + 1).toLowerCase();
  const content = kind === "svg"
    ? await drawSvg(figure)
    : kind === "png"
    ? await drawPng(figure, { zoom: 2 })
    : kind === "json"
    ? `${JSON.stringify(figure)}\n`
    : undefined;
  if (content === undefined) {
    throw new RangeError(
      `Cannot write the figure: expected a name ending in .svg, .png or .json, got ${path}`,
    );
  }
  await writeFileAtomically(path, content);
}
