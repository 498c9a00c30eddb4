/** Bounds of one field of a configuration. */
export interface FieldBounds {
  /** Lowest value taken. */
  readonly least: number;
  /** Highest value taken. */
  readonly most: number;
  /** Whether only whole numbers are taken. Default `true`. */
  readonly whole?: boolean;
  /** Value of an absent field; a field without one must be there. */
  readonly fallback?: number;
}

/**
 * Reads one number of a `config.json`, which may be hostile.
 *
 * @param config The parsed file.
 * @param name The field.
 * @param bounds What is taken.
 * @returns The number.
 * @throws {RangeError} If the field is missing, no number, or out of bounds.
 *
 * @example Usage
 * ```ts
 * import { configNumber } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(configNumber({ layers: 2 }, "layers", { least: 1, most: 96 }), 2);
 * ```
 */
export function configNumber(
  config: Readonly<Record<string, unknown>>,
  name: string,
  { least, most, whole = true, fallback }: FieldBounds,
): number {
  const value = Object.hasOwn(config, name) ? config[name] : fallback;
  const fits = typeof value === "number" && value >= least && value <= most &&
    (!whole || Number.isInteger(value));
  if (fits) return value;
  throw refuseConfig(
    `${name} ${whole ? "a whole number " : ""}from ${least} to ${most}`,
    value,
  );
}

/** Most parameters a configuration may ask for, about 40 GB of 32-bit floats. */
const MOST_PARAMETERS = 1e10;

/**
 * Refuses sizes that no machine has room for.
 *
 * @param parameters What the sizes of a `config.json` come to.
 * @throws {RangeError} If that is more than 1e10.
 */
export function checkParameterCount(parameters: number): void {
  if (parameters <= MOST_PARAMETERS) return;
  throw refuseConfig(
    `sizes of at most ${MOST_PARAMETERS} parameters`,
    parameters,
  );
}

/**
 * Says which field of a `config.json` is wrong.
 *
 * @param expected The field and what it should be.
 * @param got The value found.
 * @returns The error to throw.
 */
export function refuseConfig(expected: string, got: unknown): RangeError {
  const shown = got === undefined
    ? "none"
    : JSON.stringify(got)?.slice(0, 80) ?? typeof got;
  return new RangeError(
    `Cannot read config.json: expected ${expected}, got ${shown}`,
  );
}

/**
 * Refuses what is no JSON object.
 *
 * @param value The parsed file.
 * @returns The same value, as fields by name.
 * @throws {RangeError} If it is no object.
 */
export function configObject(
  value: unknown,
): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw refuseConfig("an object", value);
}
