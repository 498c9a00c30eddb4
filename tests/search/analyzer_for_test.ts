import { assert, assertEquals } from "@std/assert";
import { analyzerFor } from "#lib/search/analyzer_for.ts";

Deno.test("analyzerFor() stems a collection in Latin letters", () => {
  assertEquals(analyzerFor(["The dogs were running.", "日本"])("dogs"), [
    "dog",
  ]);
});

Deno.test("analyzerFor() segments a collection that writes no spaces", () => {
  const tokens = analyzerFor(["東京は日本の首都です。", "京都は古い都です。"]);
  assert(tokens("日本の首都").length > 1);
});

Deno.test("analyzerFor() takes an empty collection for Latin letters", () => {
  assertEquals(analyzerFor([])("dogs"), ["dog"]);
});
