import { repeatedKey } from "../repeated_key.ts";

/** A setting as the ledger keeps it. */
export type LedgerSetting = string | number | boolean;

/** One finished arm and seed of an experiment: one line of a ledger. */
export interface LedgerRow {
  /** Id of the experiment, such as `S-2`. */
  readonly experiment: string;
  /** Size it was run at, such as `small`. */
  readonly scale: string;
  /** Name of the arm. */
  readonly arm: string;
  /** Seed, a whole number. */
  readonly seed: number;
  /** Epoch of results: raised whenever a change of the lab moves them. */
  readonly epoch: number;
  /** Every setting of arm and scale, by name. */
  readonly settings: Readonly<Record<string, LedgerSetting>>;
  /** Hash of experiment, scale, arm and settings, as `settingsHash` makes it. */
  readonly hash: string;
  /** Commit that was checked out, or `unknown`. */
  readonly commit: string;
  /** Engine that computed. */
  readonly engine: string;
  /** What it ran on. */
  readonly device: string;
  /** Seconds it took. */
  readonly seconds: number;
  /** Items (queries, problems) that the measures are means over. */
  readonly items: number;
  /** Means by measure. */
  readonly measures: Readonly<Record<string, number>>;
  /** SHA-256 of the values of every item, which stand beside the ledger. */
  readonly values: string;
}

/** What each field must be. */
const FIELDS: Readonly<
  Record<keyof LedgerRow, readonly [string, (value: unknown) => boolean]>
> = {
  experiment: ["a name", isName],
  scale: ["a name", isName],
  arm: ["a text of 1 to 200 letters", isText],
  seed: ["a whole number of at least 0", isCount],
  epoch: ["a whole number of at least 0", isCount],
  settings: ["texts, numbers and booleans by name", isSettings],
  hash: ["16 hexadecimal digits", (value) => isHex(value, 16)],
  commit: ["a commit or unknown", isCommit],
  engine: ["a text of 1 to 200 letters", isText],
  device: ["a text of 1 to 200 letters", isText],
  seconds: ["a number of at least 0", (value) => isNumber(value) && value >= 0],
  items: [
    "a whole number of at least 1",
    (value) => isCount(value) && value >= 1,
  ],
  measures: ["finite numbers by name", isMeasures],
  values: ["64 hexadecimal digits", (value) => isHex(value, 64)],
};

/**
 * Reads one line of a ledger, which may come from anywhere: every field must be
 * there, of its kind, once, and nothing else.
 *
 * @param text The line.
 * @param where File and line, for errors.
 * @returns The row.
 * @throws {SyntaxError} If the line is no such row; the error names the field.
 *
 * @example Usage
 * ```ts
 * import { parseLedgerRow } from "#lib/mod.ts";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(
 *   () => parseLedgerRow('{"experiment":"S-2"}', "S-2.jsonl:1"),
 *   SyntaxError,
 *   "Cannot read S-2.jsonl:1: expected scale to be a name, got nothing",
 * );
 * ```
 */
export function parseLedgerRow(text: string, where: string): LedgerRow {
  const row = jsonObject(text, where);
  for (const [name, [expected, fits]] of Object.entries(FIELDS)) {
    const value = Object.hasOwn(row, name) ? row[name] : undefined;
    if (!fits(value)) {
      throw unreadable(where, `${name} to be ${expected}`, value);
    }
  }
  const extra = Object.keys(row).find((name) => !Object.hasOwn(FIELDS, name));
  if (extra === undefined) return row as unknown as LedgerRow;
  throw unreadable(where, "the fields of a ledger's row", extra);
}

/**
 * Reads a line that must be one JSON object without a key given twice.
 *
 * @param text The line.
 * @param where File and line, for errors.
 * @returns Its fields by name.
 * @throws {SyntaxError} If it is no such object.
 *
 * @example Usage
 * ```ts
 * import { jsonObject } from "#lib/store/results/ledger_row.ts";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(jsonObject('{"a":1}', "a:1"), { a: 1 });
 * assertThrows(() => jsonObject('{"a":1,"a":2}', "a:1"), SyntaxError, '"a" twice');
 * ```
 */
export function jsonObject(
  text: string,
  where: string,
): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw unreadable(where, "one JSON object", text);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw unreadable(where, "one JSON object", value);
  }
  const twice = repeatedKey(text);
  if (twice === undefined) return value as Record<string, unknown>;
  throw new SyntaxError(
    `Cannot read ${where}: expected every key once, got ${
      JSON.stringify(twice)
    } twice`,
  );
}

/** The error of a line that is not what it should be. */
function unreadable(where: string, expected: string, got: unknown) {
  const shown = got === undefined ? "nothing" : JSON.stringify(got);
  return new SyntaxError(
    `Cannot read ${where}: expected ${expected}, got ${shown.slice(0, 60)}`,
  );
}

function isName(value: unknown): boolean {
  return typeof value === "string" &&
    /^[A-Za-z0-9][A-Za-z0-9-]{0,40}$/.test(value);
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value.length >= 1 && value.length <= 200;
}

function isHex(value: unknown, digits: number): boolean {
  return typeof value === "string" && value.length === digits &&
    /^[0-9a-f]+$/.test(value);
}

function isCommit(value: unknown): boolean {
  return value === "unknown" ||
    typeof value === "string" && /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(value);
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isSettings(value: unknown): boolean {
  return isRecord(value) &&
    Object.values(value).every((setting) =>
      typeof setting === "boolean" || typeof setting === "string" ||
      isNumber(setting)
    );
}

function isMeasures(value: unknown): boolean {
  return isRecord(value) && Object.keys(value).length > 0 &&
    Object.values(value).every(isNumber);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
