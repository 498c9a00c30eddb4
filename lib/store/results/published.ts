import { readJsonObject } from "../read_json.ts";

/** A table of published numbers, typed once from its paper. */
export interface PublishedTable {
  /** Name of the table in the paper, such as `Table 2`. */
  readonly table: string;
  /** What it shows. */
  readonly about: string;
  /** Names of the columns, with their units where they have any. */
  readonly columns: readonly string[];
  /** One number a column, by the row's name in the paper. */
  readonly rows: Readonly<Record<string, readonly number[]>>;
  /** What a reader must know, such as a misprint. */
  readonly notes?: string;
}

/** The published numbers of one paper. */
export interface Published {
  /** Authors, title, year. */
  readonly paper: string;
  /** Where to read it. */
  readonly url: string;
  /** Its tables. */
  readonly tables: readonly PublishedTable[];
}

/**
 * Reads the published numbers of a paper.
 *
 * @param path The file, such as `data/published/jacolbert_v2_5.json`.
 * @returns Paper and tables.
 * @throws {SyntaxError} If the file is not such a table; the error names the
 * table and the row.
 *
 * @example Usage
 * ```ts
 * import { publishedNumber, readPublished } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const { tables } = await readPublished("data/published/jacolbert_v2_5.json");
 * const where = { table: "Table 2", row: "none", column: "MIRACL-small nDCG@10" };
 * assertEquals(publishedNumber(tables, where), 0.632);
 * ```
 */
export async function readPublished(path: string): Promise<Published> {
  const { paper, url, tables } = await readJsonObject(path);
  const refuse = (expected: string) =>
    new SyntaxError(
      `Cannot read ${path}: expected ${expected}, got something else`,
    );
  if (!isText(paper) || !isText(url)) throw refuse("a paper and its url");
  if (!Array.isArray(tables)) throw refuse("a list of tables");
  for (const [place, table] of tables.entries()) {
    const wrong = tableProblem(table);
    if (wrong !== undefined) throw refuse(`${wrong} in table ${place}`);
  }
  return { paper, url, tables };
}

/**
 * One published number.
 *
 * @param tables The tables of a paper.
 * @param where Names of table, row and column.
 * @returns The number, in the column's unit.
 * @throws {RangeError} If there is no such table, row or column.
 *
 * @example Usage
 * ```ts
 * import { publishedNumber } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const tables = [{ table: "Table 1", about: "", columns: ["MRR"], rows: { a: [0.5] } }];
 * assertEquals(publishedNumber(tables, { table: "Table 1", row: "a", column: "MRR" }), 0.5);
 * ```
 */
export function publishedNumber(
  tables: readonly PublishedTable[],
  where: {
    readonly table: string;
    readonly row: string;
    readonly column: string;
  },
): number {
  const found = tables.find(({ table }) => table === where.table);
  const row = found && Object.hasOwn(found.rows, where.row)
    ? found.rows[where.row]
    : undefined;
  const number = row?.[found!.columns.indexOf(where.column)];
  if (number !== undefined) return number;
  throw new RangeError(
    `Cannot find a published number: expected a table, row and column of the paper, got ${
      JSON.stringify(where)
    }`,
  );
}

/** What is wrong with a table, or nothing. */
function tableProblem(given: unknown): string | undefined {
  const { table, about, columns, rows, notes } = (given ?? {}) as Partial<
    Record<keyof PublishedTable, unknown>
  >;
  if (!isText(table) || !isText(about)) return "a name and what it is about";
  if (notes !== undefined && !isText(notes)) return "notes that are a text";
  if (!Array.isArray(columns) || !columns.every(isText)) {
    return "a list of columns";
  }
  if (typeof rows !== "object" || rows === null || Array.isArray(rows)) {
    return "rows by name";
  }
  const bad = Object.entries(rows).find(([, numbers]) =>
    !Array.isArray(numbers) || numbers.length !== columns.length ||
    !numbers.every(Number.isFinite)
  );
  return bad === undefined
    ? undefined
    : `${columns.length} finite numbers of row "${bad[0]}"`;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
