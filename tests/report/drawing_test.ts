import "#tests/support/permitted.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { drawPng, drawSvg, writeFigure } from "#lib/report/draw_figure.ts";
import type { Figure } from "#lib/report/figure.ts";
import { figureBundle } from "#lib/report/figure_bundle.ts";
import { figureText } from "#lib/report/figure_text.ts";
import { heatMap } from "#lib/report/heat_map.ts";
import { barsWithIntervals } from "#lib/report/bars_with_intervals.ts";
import { plotlyLoader } from "#lib/report/plotly_loader.ts";
import { show } from "#lib/report/show.ts";
import { useSink } from "#lib/report/sink.ts";
import { table } from "#lib/report/table.ts";
import type { MimeBundle } from "#lib/report/mime_bundle.ts";

const FIGURES: Record<string, Figure> = {
  bars: barsWithIntervals([{
    label: "BM25",
    value: 0.31,
    low: 0.3,
    high: 0.33,
  }], { title: "Bars" }),
  cells: heatMap([[0.9, 0.1], [0.2, -Infinity]], {
    rows: ["dog", "barks"],
    columns: ["a", "dog"],
  }),
};

for (const [name, figure] of Object.entries(FIGURES)) {
  Deno.test(`drawPng() and drawSvg() give the same bytes again for ${name}`, async () => {
    const [first, svg] = [await drawPng(figure), await drawSvg(figure)];
    await drawSvg(FIGURES.bars!); // what was drawn before must not matter
    assertEquals(await drawPng(figure), first);
    assertEquals(await drawSvg(figure), svg);
  });
}

Deno.test("drawPng() makes a picture of the figure's size", async () => {
  const png = await drawPng(FIGURES.bars!, { zoom: 2 });
  const view = new DataView(png.buffer, png.byteOffset);
  assertEquals([view.getUint32(16), view.getUint32(20)], [2 * 290, 2 * 360]);
});

Deno.test("drawSvg() draws the title, the label and the number", async () => {
  const svg = await drawSvg(FIGURES.bars!);
  for (const word of ["Bars", "BM25", "0.310"]) assertStringIncludes(svg, word);
});

Deno.test("writeFigure() writes by the ending of the name, and refuses others", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await writeFigure(`${folder}/a.json`, FIGURES.bars!);
    await writeFigure(`${folder}/a.png`, FIGURES.bars!);
    assertEquals(
      JSON.parse(await Deno.readTextFile(`${folder}/a.json`)).data[0].type,
      "bar",
    );
    assertEquals(
      (await Deno.readFile(`${folder}/a.png`))[1],
      "P".charCodeAt(0),
    );
    await assertRejects(
      () => writeFigure(`${folder}/a.gif`, FIGURES.bars!),
      RangeError,
      "expected a name ending in .svg, .png or .json, got ",
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("figureBundle() carries a picture that a script replaces, and cannot be broken by its text", async () => {
  const figure = heatMap([[1]], { columns: ["</script><img>"] });
  const html = (await figureBundle(figure))["text/html"] as string;
  assertMatch(html, /<img [^>]*src="data:image\/png;base64,/);
  assertEquals(html.split("</script").length, 2);
});

Deno.test("show() sends plotly before the first figure and before one that comes again, and never into stored outputs", async () => {
  const seen: MimeBundle[] = [];
  const before = useSink({
    live: true,
    send: (bundle) => void seen.push(bundle),
  });
  try {
    for (const figure of [FIGURES.bars!, FIGURES.cells!, FIGURES.bars!]) {
      await show(figure);
    }
    const kinds = seen.map((bundle) =>
      "image/png" in bundle ? "figure" : "loader"
    );
    assertEquals(kinds, ["loader", "figure", "figure", "loader", "figure"]);
    const stored: MimeBundle[] = [];
    useSink({ live: false, send: (bundle) => void stored.push(bundle) });
    await show(FIGURES.bars!);
    assertEquals(Object.keys(stored[0]!), [
      "image/png",
      "application/vnd.plotly.v1+json",
      "text/plain",
    ]);
  } finally {
    useSink(before);
  }
});

Deno.test("show() prints texts, tables and figures where there is no page", async () => {
  const { log } = console;
  const lines: string[] = [];
  const before = useSink(undefined);
  console.log = (line: string) => void lines.push(line);
  try {
    const items = ["a text", table([{ system: "BM25" }]), FIGURES.bars!];
    for (const item of items) await show(item);
  } finally {
    console.log = log;
    useSink(before);
  }
  assertEquals(lines, [
    "a text",
    table([{ system: "BM25" }]).text,
    figureText(FIGURES.bars!),
  ]);
});

Deno.test("plotlyLoader() holds plotly.js whole, in less than a megabyte", async () => {
  const html = (await plotlyLoader())["text/html"] as string;
  assert(html.length < 1_000_000);
  const packed = Uint8Array.from(
    atob(html.match(/atob\("([^"]+)"\)/)![1]!),
    (letter) => letter.charCodeAt(0),
  );
  const stream = new Blob([packed]).stream().pipeThrough(
    new DecompressionStream("gzip"),
  );
  assertStringIncludes(
    await new Response(stream).text(),
    "window.Plotly = Plotly",
  );
});
