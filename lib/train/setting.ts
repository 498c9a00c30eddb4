import { nearestName } from "../num/nearest_name.ts";

/** One named setting: its type, range and meaning, in one place for every reader. */
export interface Setting {
  /** What a value must be. */
  readonly type: "string" | "number" | "integer" | "boolean";
  /** One line for `--help`. */
  readonly help: string;
  /** Used when the setting is absent; shown in `--help`. */
  readonly default?: string | number | boolean;
  /** The values allowed, for a choice. */
  readonly choices?: readonly string[];
  /** Smallest number allowed. */
  readonly min?: number;
  /** Largest number allowed. */
  readonly max?: number;
}

/** Settings by name. */
export type SettingTable = Readonly<Record<string, Setting>>;

/** A value of a setting. */
export type SettingValue = string | number | boolean;

/**
 * Checks one value, from a command line or a settings file, against its setting.
 *
 * @param name The setting as the user wrote it, for the error: `--batch`.
 * @param value What was given; numbers may come as text.
 * @param setting The type and range.
 * @returns The value, of the setting's type.
 * @throws {RangeError} If it is not of that type or out of range.
 */
export function settingValue(
  name: string,
  value: unknown,
  setting: Setting,
): SettingValue {
  if (setting.type === "boolean") return booleanValue(name, value);
  if (setting.type === "string") return stringValue(name, value, setting);
  return numberValue(name, value, setting);
}

/**
 * The error of a name that no setting has.
 *
 * @param written The name as the user wrote it.
 * @param name The bare name to compare.
 * @param known The names that exist, as the user should write them.
 */
export function unknownSetting(
  written: string,
  name: string,
  known: readonly string[],
): RangeError {
  const near = nearestName(name, known);
  const dashes = written.startsWith("--") ? "--" : "";
  return new RangeError(
    `Cannot use ${written}: expected a known name, got an unknown one${
      near ? `; did you mean ${dashes}${near}?` : "; see --help"
    }`,
  );
}

/**
 * The error of a setting that cannot be used.
 *
 * @param name The setting as the user wrote it.
 * @param expected What would do.
 * @param got What came.
 */
export function refuseSetting(
  name: string,
  expected: string,
  got: string,
): RangeError {
  return new RangeError(`Cannot use ${name}: expected ${expected}, got ${got}`);
}

function booleanValue(name: string, value: unknown): boolean {
  if (value === true || value === "true") return true;
  if (value === false || value === "false") return false;
  throw refuseSetting(name, "true or false", show(value));
}

function stringValue(name: string, value: unknown, setting: Setting): string {
  if (typeof value !== "string" || value === "") {
    throw refuseSetting(name, "a text", show(value));
  }
  if (setting.choices && !setting.choices.includes(value)) {
    const near = nearestName(value, setting.choices);
    throw refuseSetting(
      name,
      `one of ${setting.choices.join(", ")}`,
      show(value) + (near ? `; did you mean ${near}?` : ""),
    );
  }
  return value;
}

function numberValue(name: string, value: unknown, setting: Setting): number {
  const number = typeof value === "string" && value.trim() !== ""
    ? Number(value)
    : value;
  const { type, min = -Infinity, max = Infinity } = setting;
  const kind = type === "integer" ? "a whole number" : "a number";
  const fits = typeof number === "number" && Number.isFinite(number) &&
    (type === "number" || Number.isSafeInteger(number));
  if (!fits) throw refuseSetting(name, kind, show(value));
  if (number < min || number > max) {
    const range = max === Infinity
      ? `of at least ${min}`
      : `from ${min} to ${max}`;
    throw refuseSetting(name, `${kind} ${range}`, show(value));
  }
  return number;
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? "nothing";
}
