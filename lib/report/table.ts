import { escapeHtml } from "./escape_html.ts";
import { bundleOf, displayable, type Showable } from "./mime_bundle.ts";

/** A number and its interval. */
export interface CellInterval {
  /** The estimate. */
  readonly value: number;
  /** Lower end. */
  readonly low: number;
  /** Upper end. */
  readonly high: number;
}

/** What a table can hold; `undefined` is shown as a dash. */
export type Cell = string | number | boolean | CellInterval | undefined;

/** One row by column name. */
export type TableRow = Readonly<Record<string, Cell>>;

/** Settings of {@linkcode table}. */
export interface TableOptions {
  /** Columns in order; default those of the rows, as they first appear. */
  readonly columns?: readonly string[];
  /** Digits after the point, for all columns or by name; default 3, and 0 where all are whole. */
  readonly digits?: number | Readonly<Record<string, number>>;
  /** Units by column name, shown in the head. */
  readonly units?: Readonly<Record<string, string>>;
  /** Above the table. */
  readonly caption?: string;
}

/** A column ready to be set: its head, its cells, and where they stand. */
interface Column {
  readonly head: string;
  readonly cells: readonly string[];
  readonly isNumber: boolean;
}

/**
 * Sets rows as a table: fixed width for terminals, Markdown for readers, HTML
 * for notebooks.
 *
 * Numbers of a column have equally many digits and stand on the right, so that
 * their points are under each other. An interval is set as
 * `0.512 [0.498, 0.526]`.
 *
 * @param rows One object a row; a missing cell is a dash.
 * @param options Columns, digits, units, caption.
 * @returns The table, to be given to `show` or left last in a notebook cell.
 *
 * @example Usage
 * ```ts
 * import { table } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const { text } = table(
 *   [{ system: "BM25", time: 0.5 }, { system: "MaxSim", time: 12 }],
 *   { digits: 1, units: { time: "s" } },
 * );
 * assertEquals(
 *   text,
 *   ["system  time (s)", "------  --------", "BM25         0.5", "MaxSim      12.0"].join("\n"),
 * );
 * ```
 */
export function table(
  rows: readonly TableRow[],
  options: TableOptions = {},
): Showable {
  const names = options.columns ??
    [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const columns = names.map((name) => columnOf(name, rows, options));
  const { caption } = options;
  const item: Showable = {
    text: textOf(columns, rows.length, caption),
    markdown: markdownOf(columns, rows.length, caption),
    html: htmlOf(columns, rows.length, caption),
  };
  return displayable(item, () => bundleOf(item));
}

function columnOf(
  name: string,
  rows: readonly TableRow[],
  { digits, units = {} }: TableOptions,
): Column {
  const values = rows.map((row) => row[name]);
  const numbers = values.filter((value) => value !== undefined);
  const given = typeof digits === "number" ? digits : digits?.[name];
  const places = given ??
    (numbers.every((value) => Number.isInteger(value)) ? 0 : 3);
  const unit = units[name];
  return {
    head: unit === undefined ? name : `${name} (${unit})`,
    cells: values.map((value) => cellText(value, places)),
    isNumber: numbers.length > 0 &&
      numbers.every((value) => isInterval(value) || typeof value === "number"),
  };
}

function cellText(value: Cell, digits: number): string {
  if (value === undefined) return "–";
  if (typeof value === "number") return numberText(value, digits);
  if (!isInterval(value)) return String(value);
  const [middle, low, high] = [value.value, value.low, value.high]
    .map((end) => numberText(end, digits));
  return `${middle} [${low}, ${high}]`;
}

/** Fixed digits; no "-0.000", and thousands apart in whole numbers. */
function numberText(value: number, digits: number): string {
  if (!Number.isFinite(value)) return String(value).replace("Infinity", "∞");
  const text = value.toFixed(digits).replace(/^-(?=[0.]*$)/, "");
  return digits === 0 ? text.replace(/\B(?=(\d{3})+$)/g, ",") : text;
}

function isInterval(value: Cell): value is CellInterval {
  return typeof value === "object" && value !== null;
}

function textOf(
  columns: readonly Column[],
  rows: number,
  caption: string | undefined,
): string {
  const set = columns.map(({ head, cells, isNumber }) => {
    const width = Math.max(...[head, ...cells].map((cell) => widthOf(cell)));
    const place = (cell: string) => {
      const room = " ".repeat(width - widthOf(cell));
      return isNumber ? room + cell : cell + room;
    };
    return [place(head), "-".repeat(width), ...cells.map(place)];
  });
  const lines = Array.from(
    { length: rows + 2 },
    (_, row) => set.map((column) => column[row]).join("  ").trimEnd(),
  );
  return [...(caption === undefined ? [] : [caption]), ...lines].join("\n");
}

/** Places in a terminal: two for the wide letters of Chinese, Japanese and Korean. */
function widthOf(text: string): number {
  const wide =
    /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/;
  return [...text].reduce(
    (sum, letter) => sum + (wide.test(letter) ? 2 : 1),
    0,
  );
}

function markdownOf(
  columns: readonly Column[],
  rows: number,
  caption: string | undefined,
): string {
  const escape = (cell: string) =>
    cell.replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("\n", " ");
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const lines = [
    line(columns.map(({ head }) => escape(head))),
    line(columns.map(({ isNumber }) => (isNumber ? "--:" : ":--"))),
    ...Array.from(
      { length: rows },
      (_, row) => line(columns.map(({ cells }) => escape(cells[row]!))),
    ),
  ];
  return (caption === undefined ? "" : `**${escape(caption)}**\n\n`) +
    lines.join("\n");
}

function htmlOf(
  columns: readonly Column[],
  rows: number,
  caption: string | undefined,
): string {
  const cell = (tag: string, text: string, { isNumber }: Column) =>
    `<${tag} style="text-align:${isNumber ? "right" : "left"}">${
      escapeHtml(text)
    }</${tag}>`;
  const line = (cells: readonly string[]) => `<tr>${cells.join("")}</tr>`;
  const body = Array.from(
    { length: rows },
    (_, row) =>
      line(columns.map((column) => cell("td", column.cells[row]!, column))),
  );
  return [
    "<table>",
    ...(caption === undefined
      ? []
      : [`<caption>${escapeHtml(caption)}</caption>`]),
    `<thead>${
      line(columns.map((column) => cell("th", column.head, column)))
    }</thead>`,
    `<tbody>${body.join("\n")}</tbody>`,
    "</table>",
  ].join("\n");
}
