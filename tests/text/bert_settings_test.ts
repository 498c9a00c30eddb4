import { assertEquals } from "@std/assert";
import { withBertSettings } from "#lib/text/bert_settings.ts";
import { jsonTokenizer } from "#lib/text/json_tokenizer.ts";
import { wordPieceJson } from "#lib/text/word_piece_json.ts";
import facts from "#tests/fixtures/text/bert_settings.json" with {
  type: "json",
};

Deno.test("withBertSettings() lets tokenizer_config.json overrule tokenizer.json as transformers does", () => {
  for (const { lowercase, config, ids } of facts.cases) {
    const json = wordPieceJson(facts.vocabulary.join("\n"), { lowercase });
    const settings = (config ?? {}) as Record<string, unknown>;
    const tokenizer = jsonTokenizer(withBertSettings(json, settings), settings);
    assertEquals(
      tokenizer.encode(facts.text),
      ids,
      JSON.stringify({ lowercase, config }),
    );
  }
});

Deno.test("withBertSettings() leaves other normalisers, and what is no file, alone", () => {
  const other = { normalizer: { type: "NFC" }, model: {} };
  assertEquals(withBertSettings(other, { do_lower_case: true }), other);
  assertEquals(withBertSettings({ model: {} }, {}), { model: {} });
  assertEquals(withBertSettings("text", {}), "text");
});
