import { mean } from "../../num/mean.ts";
import type { LedgerRow } from "./ledger_row.ts";
import { jsonObject } from "./ledger_row.ts";
import { sha256Of } from "../sha256.ts";

/** The value of every item of one finished arm and seed, by measure. */
export interface ItemValues {
  /** Names of the items: query ids, problems. */
  readonly items: readonly string[];
  /** By measure, one finite number an item, in the order of `items`. */
  readonly values: Readonly<Record<string, readonly number[]>>;
}

/** Significant digits that are kept of a value, so that a ledger stays small. */
const DIGITS = 7;

/**
 * The line of the values, and its SHA-256, by which a ledger's row names it.
 *
 * Values are rounded to seven significant digits first; take the means of a row
 * from what `parseItemValues` reads back, never from the unrounded.
 *
 * @param values Items and their values.
 * @returns The line without its end, and the hash.
 * @throws {RangeError} If an item comes twice, a value is not finite, or a
 * measure has not one value an item.
 *
 * @example Usage
 * ```ts
 * import { formatItemValues } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const { line } = formatItemValues({ items: ["q1"], values: { ndcg: [1 / 3] } });
 * assertEquals(line, '{"items":["q1"],"values":{"ndcg":[0.3333333]}}');
 * ```
 */
export function formatItemValues(
  { items, values }: ItemValues,
): { readonly line: string; readonly hash: string } {
  const wrong = problemOf(items, values);
  if (wrong !== undefined) {
    throw new RangeError(`Cannot keep the values of items: ${wrong}`);
  }
  const rounded = Object.fromEntries(
    Object.entries(values).map(([name, list]) => [
      name,
      list.map((value) => Number(value.toPrecision(DIGITS))),
    ]),
  );
  const line = JSON.stringify({ items, values: rounded });
  return { line, hash: hashOfLine(line) };
}

/**
 * SHA-256 of a line of values.
 *
 * @param line The line without its end.
 * @returns 64 hexadecimal digits.
 *
 * @example Usage
 * ```ts
 * import { hashOfLine } from "#lib/store/results/item_values.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(hashOfLine("").slice(0, 8), "e3b0c442");
 * ```
 */
export function hashOfLine(line: string): string {
  return sha256Of([new TextEncoder().encode(line)]);
}

/**
 * Reads a line of values, which may come from anywhere.
 *
 * @param text The line.
 * @param where File and line, for errors.
 * @returns Items and values.
 * @throws {SyntaxError} If the line is not such values.
 *
 * @example Usage
 * ```ts
 * import { parseItemValues } from "#lib/mod.ts";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(
 *   () => parseItemValues('{"items":["a"],"values":{"ndcg":[1,2]}}', "f:1"),
 *   SyntaxError,
 *   "expected 1 values of ndcg, one an item, got 2",
 * );
 * ```
 */
export function parseItemValues(text: string, where: string): ItemValues {
  const { items, values, ...others } = jsonObject(text, where);
  const wrong = Object.keys(others).length > 0
    ? `expected items and values, got ${JSON.stringify(Object.keys(others)[0])}`
    : problemOf(items, values);
  if (wrong !== undefined) {
    throw new SyntaxError(`Cannot read ${where}: ${wrong}`);
  }
  return { items, values } as unknown as ItemValues;
}

/**
 * Refuses values that are not those a row says it has.
 *
 * @param row The row.
 * @param values What its hash names.
 * @param where The ledger's file, for errors.
 * @throws {SyntaxError} If items, measures or means differ.
 *
 * @example Usage
 * ```ts
 * import { checkMeans } from "#lib/store/results/item_values.ts";
 * import { assertThrows } from "@std/assert";
 *
 * const row = { arm: "a", seed: 1, items: 2, measures: { ndcg: 0.9 } };
 * const values = { items: ["p", "q"], values: { ndcg: [0, 1] } };
 * assertThrows(() => checkMeans(row, values, "f"), SyntaxError, "mean ndcg of 0.5, got 0.9");
 * ```
 */
export function checkMeans(
  row: Pick<LedgerRow, "arm" | "seed" | "items" | "measures">,
  { items, values }: ItemValues,
  where: string,
): void {
  const refuse = (expected: string, got: unknown) => {
    throw new SyntaxError(
      `Cannot read ${where}, arm ${row.arm}, seed ${row.seed}: expected ${expected}, got ${got}`,
    );
  };
  if (items.length !== row.items) refuse(`${items.length} items`, row.items);
  const names = Object.keys(values);
  const told = Object.keys(row.measures);
  if (names.toSorted().join() !== told.toSorted().join()) {
    refuse(`measures ${names.join(", ")}`, told.join(", "));
  }
  for (const name of names) {
    const found = mean(values[name]!);
    const near = Math.abs(found - row.measures[name]!) <=
      1e-12 * Math.max(1, Math.abs(found));
    if (!near) refuse(`mean ${name} of ${found}`, row.measures[name]);
  }
}

/** What is wrong with items and values, or nothing. */
function problemOf(items: unknown, values: unknown): string | undefined {
  const areNames = Array.isArray(items) && items.length > 0 &&
    items.every((item) => typeof item === "string");
  if (!areNames) return "expected the names of items, got something else";
  if (new Set(items).size !== items.length) {
    return "expected every item once, got one twice";
  }
  if (typeof values !== "object" || values === null || Array.isArray(values)) {
    return "expected values by measure, got something else";
  }
  if (Object.keys(values).length === 0) return "expected a measure, got none";
  for (const [name, list] of Object.entries(values)) {
    if (!Array.isArray(list) || list.length !== items.length) {
      return `expected ${items.length} values of ${name}, one an item, got ${
        Array.isArray(list) ? list.length : "something else"
      }`;
    }
    const at = list.findIndex((value) => !Number.isFinite(value));
    if (at >= 0) {
      return `expected finite values of ${name}, got ${list[at]} for ${
        items[at]
      }`;
    }
  }
}
