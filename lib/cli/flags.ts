import {
  refuseSetting,
  type SettingTable,
  type SettingValue,
  settingValue,
  unknownSetting,
} from "../train/setting.ts";

/** What a command line said. */
export interface ParsedFlags {
  /** Values by flag name without dashes: only those that were given. */
  readonly given: Readonly<Record<string, SettingValue>>;
  /** Words without dashes, in order. */
  readonly words: readonly string[];
}

/** Flags that every command has. */
export const COMMON_FLAGS: SettingTable = {
  json: {
    type: "boolean",
    help: "last line on standard output is one JSON object",
  },
  debug: { type: "boolean", help: "show the stack of an error" },
  help: { type: "boolean", help: "show this text" },
};

/**
 * Reads a command line against a table of flags: `--name value`,
 * `--name=value`, and `--name` alone for a boolean. A value that begins with two
 * dashes takes the form with `=`; `-h` is `--help`.
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
  flags: SettingTable,
  options: { readonly words?: number } = {},
): ParsedFlags {
  const given: Record<string, SettingValue> = {};
  const words: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] === "-h" ? "--help" : args[i]!;
    if (!arg.startsWith("--")) {
      words.push(arg);
      continue;
    }
    const cut = arg.indexOf("=");
    const written = cut < 0 ? arg : arg.slice(0, cut);
    const name = written.slice(2);
    if (!Object.hasOwn(flags, name)) {
      throw unknownSetting(written, name, Object.keys(flags));
    }
    const flag = flags[name]!;
    if (name in given) {
      throw refuseSetting(written, "one value", "a second one");
    }
    const alone = flag.type === "boolean" ? "true" : args[i + 1];
    if (cut < 0 && flag.type !== "boolean") i++;
    const text = cut < 0 ? alone : arg.slice(cut + 1);
    if (text === undefined || (cut < 0 && text.startsWith("--"))) {
      const got = text === undefined ? "none" : `the flag ${text}`;
      throw refuseSetting(written, "a value", got);
    }
    given[name] = settingValue(written, text, flag);
  }
  checkWords(words, options.words ?? 0);
  return { given, words };
}

/**
 * Reads a command line, or prints the help text where `--help` is among it.
 *
 * @param args The words after the command.
 * @param command Its first lines of help, its flags, and how many plain words
 * it allows, default none.
 * @returns The given values; undefined where help was all that was wanted.
 * @throws {RangeError} As `parseFlags`.
 */
export function flagsOrHelp(
  args: readonly string[],
  { usage, flags, words = 0 }: {
    readonly usage: string;
    readonly flags: SettingTable;
    readonly words?: number;
  },
): ParsedFlags | undefined {
  const parsed = parseFlags(args, flags, { words });
  if (!parsed.given.help) return parsed;
  console.log(helpText(usage, flags));
  return undefined;
}

function checkWords(words: readonly string[], allowed: number): void {
  if (words.length <= allowed) return;
  const expected = allowed === 0 ? "only flags" : `at most ${allowed} words`;
  throw new RangeError(
    `Cannot read the command line: expected ${expected}, got "${
      words[allowed]
    }"`,
  );
}

/**
 * The help text of a command.
 *
 * @param usage First lines: what the command does, and an example.
 * @param flags Its flags.
 * @returns The text, ending with a line break.
 */
export function helpText(usage: string, flags: SettingTable): string {
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
