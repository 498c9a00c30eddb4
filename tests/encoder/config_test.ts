import { assertEquals, assertThrows } from "@std/assert";
import { bertConfig } from "#lib/encoder/bert_config.ts";
import { useLiteConfig } from "#lib/encoder/use_lite_config.ts";
import { sharedPath } from "#tests/support/shared.ts";
import { TINY_BERT, TINY_USE } from "./tiny_encoders.ts";

Deno.test("bertConfig() reads the fields that matter and fills in what every BERT shares", () => {
  const { max_position_embeddings: _, type_vocab_size: __, ...rest } =
    TINY_BERT;
  assertEquals(bertConfig({ ...rest, pad_token_id: 0 }), {
    ...rest,
    max_position_embeddings: 512,
    type_vocab_size: 2,
    layer_norm_eps: 1e-12,
    hidden_act: "gelu",
  });
});

Deno.test("bertConfig() reads a real config.json", () => {
  const path = sharedPath("models/minilm-l6/config.json");
  if (path === undefined) return;
  assertEquals(
    bertConfig(JSON.parse(Deno.readTextFileSync(path))).num_hidden_layers,
    6,
  );
});

Deno.test("bertConfig() refuses what is hostile or not offered", () => {
  const cases: [unknown, string][] = [
    [null, "Cannot read config.json: expected an object, got null"],
    [[], "expected an object, got []"],
    [{}, "expected hidden_size a whole number from 1 to 65536, got none"],
    [{ ...TINY_BERT, hidden_size: "16" }, 'got "16"'],
    [
      { ...TINY_BERT, hidden_size: 1e9 },
      "expected hidden_size a whole number from 1 to 65536, got 1000000000",
    ],
    [
      { ...TINY_BERT, num_hidden_layers: 1.5 },
      "expected num_hidden_layers a whole number from 1 to 1000, got 1.5",
    ],
    [{ ...TINY_BERT, num_hidden_layers: NaN }, "got null"],
    [
      { ...TINY_BERT, num_attention_heads: 0 },
      "expected num_attention_heads a whole number from 1 to 65536, got 0",
    ],
    [
      { ...TINY_BERT, num_attention_heads: 3 },
      "expected hidden_size a multiple of num_attention_heads 3, got 4",
    ],
    [
      { ...TINY_BERT, layer_norm_eps: 0 },
      "expected layer_norm_eps from 1e-20 to 1, got 0",
    ],
    [
      { ...TINY_BERT, hidden_act: "gelu_new" },
      'expected hidden_act "gelu" or "relu", got "gelu_new"',
    ],
    [
      { ...TINY_BERT, position_embedding_type: "relative_key" },
      'expected position_embedding_type "absolute", got "relative_key"',
    ],
    [{ ...TINY_BERT, is_decoder: true }, "expected is_decoder false, got true"],
    [
      { ...TINY_BERT, model_type: "t5" },
      'expected model_type "bert", "distilbert", "roberta", "xlm-roberta", got "t5"',
    ],
    [
      {
        ...TINY_BERT,
        hidden_size: 65536,
        num_hidden_layers: 1000,
        intermediate_size: 1048576,
      },
      "expected sizes of at most 10000000000 parameters, got",
    ],
    [
      JSON.parse('{"__proto__": {"hidden_size": 4}}'),
      "expected hidden_size a whole number from 1 to 65536, got none",
    ],
  ];
  for (const [json, message] of cases) {
    assertThrows(() => bertConfig(json), RangeError, message);
  }
});

Deno.test("useLiteConfig() is the published model where nothing is said", () => {
  assertEquals(useLiteConfig({}), {
    vocab_size: 8002,
    embedding_size: 256,
    hidden_size: 512,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    intermediate_size: 1536,
    max_position_embeddings: 128,
    layer_norm_eps: 1e-6,
  });
});

Deno.test("useLiteConfig() refuses sizes that do not fit", () => {
  const cases: [unknown, string][] = [
    [3, "expected an object, got 3"],
    [
      { ...TINY_USE, embedding_size: 5 },
      "expected embedding_size an even number, got 5",
    ],
    [
      { ...TINY_USE, hidden_size: 7 },
      "expected hidden_size a multiple of num_attention_heads 2, got 7",
    ],
    [
      { ...TINY_USE, vocab_size: -1 },
      "expected vocab_size a whole number from 1 to 10000000, got -1",
    ],
    [
      { ...TINY_USE, layer_norm_eps: "x" },
      'expected layer_norm_eps from 1e-20 to 1, got "x"',
    ],
  ];
  for (const [json, message] of cases) {
    assertThrows(() => useLiteConfig(json), RangeError, message);
  }
});
