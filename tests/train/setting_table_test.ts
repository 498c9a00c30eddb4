import { assertEquals, assertThrows } from "@std/assert";
import { settingsFromJson, TRAIN_SETTINGS } from "#lib/train/setting_table.ts";

Deno.test("settingsFromJson() reads names as flags and as properties spell them", () => {
  const given = settingsFromJson(
    { "learning-rate": 0.1, documentLength: 90, loss: "kl" },
    "s.json",
  );
  assertEquals(given, {
    "learning-rate": 0.1,
    "document-length": 90,
    loss: "kl",
  });
});

Deno.test("settingsFromJson() refuses an unknown name and names the nearest", () => {
  assertThrows(
    () => settingsFromJson({ optimiser: "adamw" }, "s.json"),
    RangeError,
    'Cannot use "optimiser" of s.json: expected a known name, got an unknown one; did you mean optimizer?',
  );
});

Deno.test("settingsFromJson() refuses a value of the wrong type or range", () => {
  assertThrows(
    () => settingsFromJson({ batch: "many" }, "s.json"),
    RangeError,
    '"batch" of s.json',
  );
  assertThrows(
    () => settingsFromJson({ batch: 0 }, "s.json"),
    RangeError,
    "expected a whole number",
  );
  assertThrows(
    () => settingsFromJson({ dropout: 0.95 }, "s.json"),
    RangeError,
    "from 0 to 0.9",
  );
});

for (const content of [null, [], "text", 3]) {
  Deno.test(`settingsFromJson() refuses ${JSON.stringify(content)} in place of an object`, () => {
    assertThrows(
      () => settingsFromJson(content, "s.json"),
      SyntaxError,
      "Cannot read s.json: expected one JSON object",
    );
  });
}

Deno.test("every default of the table is a value the table accepts", () => {
  const defaults = Object.fromEntries(
    Object.entries(TRAIN_SETTINGS).flatMap(([name, setting]) =>
      setting.default === undefined ? [] : [[name, setting.default]]
    ),
  );
  assertEquals(settingsFromJson(defaults, "defaults"), defaults);
});
