/**
 * A page without a browser: jsdom with plotly.js in it, and the few measures
 * of text and places to draw that jsdom itself does not have.
 *
 * @module
 */
import type { Figure } from "./figure.ts";
import { type MeasuredElement, textBox } from "./text_box.ts";

/** What we use of plotly.js. */
export interface Plotly {
  /** Draws data and layout into an element. */
  newPlot(
    element: unknown,
    data: unknown,
    layout: unknown,
    config: unknown,
  ): Promise<unknown>;
  /** The picture of a drawn element. */
  toImage(element: unknown, options: unknown): Promise<string>;
  /** Frees what was drawn. */
  purge(element: unknown): void;
}

/** What we use of jsdom's window. */
interface PageWindow {
  // deno-lint-ignore no-explicit-any -- the DOM's classes are patched here
  [name: string]: any;
  readonly Plotly: Plotly;
}

/** What we use of a drawing context. */
interface Canvas {
  readonly width: number;
  readonly height: number;
  getContext(kind: "2d"): {
    font: string;
    measureText(text: string): { readonly width: number };
  };
  toDataURL(type?: string): string;
}

/** Name under which our own font is known, so that none of the machine's is taken. */
const FAMILY = "Maxsim Lab Sans";

/** The files that static drawing reads, each from its npm package. */
export interface DrawingFiles {
  /** The source of plotly.js. */
  readonly plotly: URL;
  /** DejaVu Sans: the only fonts, on every machine, so that pictures are equal to the byte. */
  readonly fonts: readonly URL[];
}

let page: Promise<PageWindow> | undefined;

/**
 * Finds plotly.js and the fonts in Deno's package cache.
 *
 * @returns Where they lie.
 */
export async function drawingFiles(): Promise<DrawingFiles> {
  // The imports make Deno put the packages into its cache.
  await import("plotly.js-cartesian-dist-min/package.json", {
    with: { type: "json" },
  });
  await import("dejavu-fonts-ttf/package.json", { with: { type: "json" } });
  const url = (name: string) => new URL(import.meta.resolve(name));
  return {
    plotly: url("plotly.js-cartesian-dist-min/plotly-cartesian.min.js"),
    fonts: [
      url("dejavu-fonts-ttf/ttf/DejaVuSans.ttf"),
      url("dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf"),
    ],
  };
}

/**
 * Draws a figure to the text of an SVG picture.
 *
 * Random: plotly names its clip paths at random; here they come from a counter
 * that starts anew with each figure, so that equal figures give equal bytes.
 *
 * @param figure The figure.
 * @returns The picture, `figure.layout.width` by `figure.layout.height` pixels.
 */
export async function drawInPage({ data, layout }: Figure): Promise<string> {
  page ??= openPage();
  const window = await page;
  let draws = 0;
  window.Math.random = () => (++draws * 0.6180339887498949) % 1;
  const element = window.document.createElement("div");
  window.document.body.appendChild(element);
  // Plotly writes into what it is given, and wants objects of its own window.
  const own = window.JSON.parse(JSON.stringify({ data, layout }));
  try {
    await window.Plotly.newPlot(element, own.data, own.layout, {
      staticPlot: true,
    });
    const { width, height } = layout;
    const settings = { format: "svg", width, height, imageDataOnly: true };
    return await window.Plotly.toImage(element, settings);
  } finally {
    window.Plotly.purge(element);
    element.remove();
  }
}

async function openPage(): Promise<PageWindow> {
  const { JSDOM, VirtualConsole } = await import("jsdom");
  const { createCanvas, GlobalFonts } = await import("@napi-rs/canvas");
  const { plotly, fonts } = await drawingFiles();
  GlobalFonts.register(await Deno.readFile(fonts[0]!) as never, FAMILY);
  const dom = new JSDOM("<!doctype html><html><body></body></html>", {
    runScripts: "outside-only",
    pretendToBeVisual: true,
    virtualConsole: new VirtualConsole(),
  });
  const window = dom.window as unknown as PageWindow;
  window.URL.createObjectURL ??= () => "blob:none";
  window.matchMedia ??= () => ({
    matches: false,
    addListener() {},
    removeListener() {},
  });
  const make = createCanvas as unknown as (w: number, h: number) => Canvas;
  addMeasures(window, make(1, 1));
  addCanvas(window, make);
  window.eval(await Deno.readTextFile(plotly));
  return window;
}

/** Gives text its boxes, and every other element a page of room. */
function addMeasures(window: PageWindow, canvas: Canvas): void {
  const context = canvas.getContext("2d");
  const measure = (text: string, size: number) => {
    context.font = `${size}px "${FAMILY}"`;
    return context.measureText(text).width;
  };
  const { SVGElement, Element } = window;
  SVGElement.prototype.getBBox = function () {
    return textBox(this, measure);
  };
  SVGElement.prototype.getComputedTextLength = function () {
    return textBox(this, measure).width;
  };
  Element.prototype.getBoundingClientRect = function () {
    const box = this instanceof SVGElement
      ? textBox(this as unknown as MeasuredElement, measure, { inPage: true })
      : { x: 0, y: 0, width: 700, height: 450 };
    const { x, y, width, height } = box;
    const ends = { left: x, top: y, right: x + width, bottom: y + height };
    return { ...box, ...ends };
  };
}

/** Heat maps are painted on a canvas, which becomes a picture inside the SVG. */
function addCanvas(
  window: PageWindow,
  make: (width: number, height: number) => Canvas,
): void {
  const canvases = new WeakMap<object, Canvas>();
  const canvasOf = (
    element: { readonly width: number; readonly height: number },
  ) => {
    const { width, height } = element;
    const known = canvases.get(element);
    if (known?.width === width && known.height === height) return known;
    const made = make(width, height);
    canvases.set(element, made);
    return made;
  };
  const { prototype } = window.HTMLCanvasElement;
  prototype.getContext = function (kind: string) {
    return kind === "2d" ? canvasOf(this).getContext("2d") : null;
  };
  prototype.toDataURL = function (type = "image/png") {
    return canvasOf(this).toDataURL(type);
  };
}
