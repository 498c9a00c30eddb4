import { nearestName } from "../num/nearest_name.ts";

/** One flag of a command. */
export interface Flag {
  /** What a value must be; `boolean` flags take none. */
  readonly type: "string" | "number" | "integer" | "boolean";
  /** One line for `--help`. */
  readonly help: string;
  /** Shown in `--help` and used when the flag is absent. */
  readonly default?: string | number | boolean;
  /** The values allowed, for a choice. */
  readonly choices?: readonly string[];
  /** Smallest number allowed. */
  readonly min?: number;
  /** Largest number allowed. */
  readonly max?: number;
}

/** The flags of a command by name, without the dashes. */
export type Flags = Readonly<Record<string, Flag>>;

/** A value of a flag. */
export type FlagValue = string | number | boolean;

/** What the command line said. */
export interface ParsedFlags {
  /** Values by flag name: only those that were given. */
  readonly given: Readonly<Record<string, FlagValue>>;
  /** Words without dashes, in order. */
  readonly words: readonly string[];
}

/** Flags that every command has. */
export const COMMON_FLAGS: Flags = {
  json: {
    type: "boolean",
    help: "last line on standard output is one JSON object",
  },
  debug: { type: "boolean", help: "show the stack of an error" },
  help: { type: "boolean", help: "show this text" },
};

/**
 * Reads a command line against a table of flags: `--name value`,
 * `--name=value`, `--name` for a boolean.
 *
 * @param args The words after the command.
 * @param flags What the command knows.
 * @param options How many plain words are allowed, default none.
 * @returns The given values, of the types the table states.
 * @throws {RangeError} On an unknown flag (naming the nearest), a value of the
 * wrong type or out of range, a flag given twice, or a plain word too many.
 *
 * @example Usage
 * ```ts
 * import { parseFlags } from "#lib/cli/flags.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const flags = { steps: { type: "integer", help: "steps", min: 1 } } as const;
 * assertEquals(parseFlags(["--steps", "20"], flags).given, { steps: 20 });
 * ```
 */
export function parseFlags(
  args: readonly string[],
  flags: Flags,
  options: { readonly words?: number } = {},
): ParsedFlags {
  const given: Record<string, FlagValue> = {};
  const words: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (!arg.startsWith("--")) {
      words.push(arg);
      continue;
    }
    const cut = arg.indexOf("=");
    const name = cut < 0 ? arg.slice(2) : arg.slice(2, cut);
    const flag = knownFlag(name, flags);
    if (name in given) throw refuse(name, "to be given once", "it twice");
    if (flag.type === "boolean") {
      given[name] = flagValue(
        name,
        cut < 0 ? "true" : arg.slice(cut + 1),
        flag,
      );
    } else {
      const text = cut < 0 ? args[++i] : arg.slice(cut + 1);
      if (text === undefined) throw refuse(name, "a value", "none");
      given[name] = flagValue(name, text, flag);
    }
  }
  const allowed = options.words ?? 0;
  if (words.length > allowed) {
    throw new RangeError(
      `Cannot read the command line: expected ${
        allowed === 0 ? "only flags" : `at most ${allowed} words`
      }, got "${words[allowed]}"`,
    );
  }
  return { given, words };
}

/** The flag of a name, or an error that names the nearest. */
function knownFlag(name: string, flags: Flags): Flag {
  const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
  if (flag) return flag;
  const near = nearestName(name, Object.keys(flags));
  throw new RangeError(
    `Cannot read flag --${name}: expected a known flag, got an unknown one${
      near ? `; did you mean --${near}?` : "; see --help"
    }`,
  );
}

/**
 * Checks one value, from a command line or a settings file, against its flag.
 *
 * @param name The flag's name, for the error.
 * @param value What was given; numbers may come as text.
 * @param flag The flag's type and range.
 * @returns The value, of the flag's type.
 * @throws {RangeError} If it is not of that type or out of range.
 */
export function flagValue(
  name: string,
  value: unknown,
  flag: Flag,
): FlagValue {
  if (flag.type === "boolean") return booleanValue(name, value);
  if (flag.type === "string") return stringValue(name, value, flag);
  return numberValue(name, value, flag);
}

function booleanValue(name: string, value: unknown): boolean {
  if (value === true || value === "true") return true;
  if (value === false || value === "false") return false;
  throw refuse(name, "true or false", show(value));
}

function stringValue(name: string, value: unknown, flag: Flag): string {
  if (typeof value !== "string" || value === "") {
    throw refuse(name, "a text", show(value));
  }
  if (flag.choices && !flag.choices.includes(value)) {
    const near = nearestName(value, flag.choices);
    throw refuse(
      name,
      `one of ${flag.choices.join(", ")}`,
      show(value) + (near ? `; did you mean ${near}?` : ""),
    );
  }
  return value;
}

function numberValue(name: string, value: unknown, flag: Flag): number {
  const number = typeof value === "string" && value.trim() !== ""
    ? Number(value)
    : value;
  const kind = flag.type === "integer" ? "a whole number" : "a number";
  if (typeof number !== "number" || !Number.isFinite(number)) {
    throw refuse(name, kind, show(value));
  }
  if (flag.type === "integer" && !Number.isSafeInteger(number)) {
    throw refuse(name, kind, show(value));
  }
  const { min = -Infinity, max = Infinity } = flag;
  if (number < min || number > max) {
    throw refuse(name, `${kind} from ${min} to ${max}`, show(value));
  }
  return number;
}

function refuse(name: string, expected: string, got: string): RangeError {
  return new RangeError(
    `Cannot use --${name}: expected ${expected}, got ${got}`,
  );
}

function show(value: unknown): string {
  return typeof value === "string"
    ? `"${value}"`
    : JSON.stringify(value) ?? "nothing";
}

/**
 * The help text of a command.
 *
 * @param usage First lines: what the command does and an example.
 * @param flags Its flags.
 * @returns Lines of at most about 100 characters.
 */
export function helpText(usage: string, flags: Flags): string {
  const width = Math.max(...Object.keys(flags).map((name) => name.length)) + 4;
  const lines = Object.entries(flags).map(([name, flag]) => {
    const fixed = flag.default === undefined
      ? ""
      : ` (default ${flag.default})`;
    const choices = flag.choices ? `: ${flag.choices.join(", ")}` : "";
    return `  ${`--${name}`.padEnd(width)}${flag.help}${choices}${fixed}`;
  });
  return `${usage}\n\n${lines.join("\n")}\n`;
}
