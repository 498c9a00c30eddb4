import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { COMMON_FLAGS, helpText, parseFlags } from "#lib/cli/flags.ts";
import type { SettingTable } from "#lib/train/setting.ts";

const table: SettingTable = {
  steps: { type: "integer", help: "how many", min: 1, max: 100 },
  rate: { type: "number", help: "how fast", min: 0 },
  loss: { type: "string", help: "which", choices: ["kl", "contrastive"] },
  out: { type: "string", help: "where" },
  json: { type: "boolean", help: "as JSON" },
};

Deno.test("parseFlags() reads both spellings, booleans and words", () => {
  const { given, words } = parseFlags(
    ["word", "--steps", "20", "--rate=1e-3", "--json", "--loss", "kl"],
    table,
    { words: 1 },
  );
  assertEquals(given, { steps: 20, rate: 1e-3, json: true, loss: "kl" });
  assertEquals(words, ["word"]);
});

Deno.test("parseFlags() keeps a value that begins with a dash or holds an equals sign", () => {
  const { given } = parseFlags(["--out=a=b", "--rate", "0"], table);
  assertEquals(given, { out: "a=b", rate: 0 });
  assertEquals(parseFlags(["--out=--x"], table).given, { out: "--x" });
  assertEquals(parseFlags(["--out", "-"], table).given, { out: "-" });
  assertEquals(parseFlags(["-h"], COMMON_FLAGS).given, { help: true });
});

const refusals: [string, string[], string][] = [
  [
    "an unknown flag, naming the nearest",
    ["--step", "2"],
    "Cannot use --step: expected a known name, got an unknown one; did you mean --steps?",
  ],
  ["an unknown flag far from any", ["--zzzzzz"], "see --help"],
  [
    "the name of an object's own method",
    ["--constructor", "1"],
    "expected a known name",
  ],
  [
    "a flag given twice",
    ["--steps", "1", "--steps", "2"],
    "expected one value, got a second one",
  ],
  [
    "a missing value",
    ["--steps"],
    "Cannot use --steps: expected a value, got none",
  ],
  [
    "a flag where a value belongs",
    ["--out", "--json"],
    "Cannot use --out: expected a value, got the flag --json",
  ],
  [
    "a fraction where a whole number belongs",
    ["--steps", "1.5"],
    'expected a whole number, got "1.5"',
  ],
  [
    "a number out of range",
    ["--steps", "0"],
    "expected a whole number from 1 to 100",
  ],
  [
    "text where a number belongs",
    ["--rate", "fast"],
    'expected a number, got "fast"',
  ],
  ["an infinite number", ["--rate", "Infinity"], "expected a number"],
  [
    "an unknown choice, naming the nearest",
    ["--loss", "kll"],
    "did you mean kl?",
  ],
  ["an empty text", ["--out="], "expected a text"],
  ["a boolean that is neither", ["--json=maybe"], "expected true or false"],
  ["a plain word", ["word"], 'expected only flags, got "word"'],
];
for (const [name, args, message] of refusals) {
  Deno.test(`parseFlags() refuses ${name}`, () => {
    assertThrows(() => parseFlags(args, table), RangeError, message);
  });
}

Deno.test("helpText() lists every flag with its choices", () => {
  const text = helpText("Usage: lab", table);
  for (const name of Object.keys(table)) {
    assertStringIncludes(text, `--${name}`);
  }
  assertStringIncludes(text, "which: kl, contrastive");
});
