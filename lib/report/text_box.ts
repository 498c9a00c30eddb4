/**
 * Where the text of an SVG stands: the boxes that a browser would tell plotly,
 * computed from attributes, because jsdom lays nothing out.
 *
 * @module
 */

/** A rectangle, in pixels, `y` downwards. */
export interface Box {
  /** Left end. */
  readonly x: number;
  /** Upper end. */
  readonly y: number;
  /** From left to right. */
  readonly width: number;
  /** From top to bottom. */
  readonly height: number;
}

/** What measuring asks of an element of the page. */
export interface MeasuredElement {
  readonly tagName: string;
  readonly textContent: string | null;
  readonly parentElement: MeasuredElement | null;
  readonly style?: { readonly fontSize: string; readonly textAnchor: string };
  getAttribute(name: string): string | null;
  querySelectorAll(selector: string): Iterable<MeasuredElement>;
}

/** The width of one line of text at a size in pixels. */
export type MeasureText = (text: string, size: number) => number;

/** `[a, b, c, d, e, f]` of SVG: x' = a x + c y + e, y' = b x + d y + f. */
type Transform = readonly [number, number, number, number, number, number];

const IDENTITY: Transform = [1, 0, 0, 1, 0, 0];

/**
 * The box round all text in an element, in the element's own coordinates or
 * the page's.
 *
 * @param element A text, or a group.
 * @param measure Widths of text.
 * @param options Whether to apply the transforms of the element and of all
 * that it stands in, default no.
 * @returns The box; empty, at the element's origin, where there is no text.
 *
 * @example Usage
 * ```ts
 * import { textBox } from "#lib/report/text_box.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const text = {
 *   tagName: "text",
 *   textContent: "ab",
 *   parentElement: null,
 *   getAttribute: (name: string) => ({ x: "5", "text-anchor": "end" })[name] ?? null,
 *   querySelectorAll: () => [],
 * };
 * const box = textBox(text, (letters) => 10 * letters.length);
 * assertEquals([box.x, box.width], [-15, 20]);
 * ```
 */
export function textBox(
  element: MeasuredElement,
  measure: MeasureText,
  { inPage = false }: { readonly inPage?: boolean } = {},
): Box {
  const texts = element.tagName === "text"
    ? [element]
    : [...element.querySelectorAll("text")];
  const corners = texts.flatMap((text) => {
    const box = ownBox(text, measure);
    return cornersOf(box, transformBelow(text, inPage ? null : element));
  });
  if (corners.length === 0) {
    const origin = inPage ? transformBelow(element, null) : IDENTITY;
    corners.push([origin[4], origin[5]]);
  }
  return boxRound(corners);
}

/** The box of one text element without its transform: its lines, each 1.3 sizes below the last. */
function ownBox(text: MeasuredElement, measure: MeasureText): Box {
  const size = parseFloat(
    given(text.style?.fontSize) ?? given(text.getAttribute("font-size")) ??
      "12",
  );
  const rows = [...text.querySelectorAll("tspan.line")];
  const lines = rows.length > 0 ? rows : [text];
  const width = Math.max(
    ...lines.map((line) => measure(line.textContent ?? "", size)),
  );
  const anchor = given(text.style?.textAnchor) ??
    text.getAttribute("text-anchor");
  const before = anchor === "middle" ? 0.5 : anchor === "end" ? 1 : 0;
  const x = Number(text.getAttribute("x") ?? 0);
  const y = Number(text.getAttribute("y") ?? 0);
  const height = width === 0 ? 0 : size * (1.2 + 1.3 * (lines.length - 1));
  return { x: x - before * width, y: y - 0.94 * size, width, height };
}

/** What a style or attribute says, `undefined` where it says nothing. */
function given(value: string | null | undefined): string | undefined {
  return value ? value : undefined;
}

/** All transforms from an element outwards, up to but without `top`. */
function transformBelow(
  element: MeasuredElement,
  top: MeasuredElement | null,
): Transform {
  let total = IDENTITY;
  let at: MeasuredElement | null = element;
  while (at && at !== top) {
    total = compose(parseTransform(at.getAttribute("transform") ?? ""), total);
    at = at.parentElement;
  }
  return total;
}

function parseTransform(text: string): Transform {
  const steps = text.matchAll(/(translate|rotate|scale)\(([^)]*)\)/g);
  return [...steps].reduce<Transform>((total, [, kind, list]) => {
    const numbers = (list ?? "").trim().split(/[\s,]+/).map(Number);
    return compose(total, stepOf(kind!, numbers));
  }, IDENTITY);
}

function stepOf(kind: string, numbers: readonly number[]): Transform {
  const [first = 0, second, third = 0] = numbers;
  if (kind === "translate") return [1, 0, 0, 1, first, second ?? 0];
  if (kind === "scale") return [first, 0, 0, second ?? first, 0, 0];
  const angle = first * Math.PI / 180;
  const [cos, sin, x] = [Math.cos(angle), Math.sin(angle), second ?? 0];
  return [
    cos,
    sin,
    -sin,
    cos,
    x - cos * x + sin * third,
    third - sin * x - cos * third,
  ];
}

/** First `inner`, then `outer`. */
function compose(outer: Transform, inner: Transform): Transform {
  const [a, b, c, d, e, f] = outer;
  const [g, h, i, j, k, l] = inner;
  return [
    a * g + c * h,
    b * g + d * h,
    a * i + c * j,
    b * i + d * j,
    a * k + c * l + e,
    b * k + d * l + f,
  ];
}

function cornersOf(
  { x, y, width, height }: Box,
  [a, b, c, d, e, f]: Transform,
): [number, number][] {
  return [[x, y], [x + width, y], [x, y + height], [x + width, y + height]]
    .map(([px, py]) => [a * px! + c * py! + e, b * px! + d * py! + f]);
}

function boxRound(corners: readonly (readonly [number, number])[]): Box {
  const xs = corners.map(([x]) => x);
  const ys = corners.map(([, y]) => y);
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}
