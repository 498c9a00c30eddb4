import { assertEquals, assertThrows } from "@std/assert";
import { bertConfig } from "#lib/encoder/bert_config.ts";
import { modernBertConfig } from "#lib/encoder/modern_bert_config.ts";
import { useLiteConfig } from "#lib/encoder/use_lite_config.ts";
import { sharedPath } from "#tests/support/shared.ts";
import { TINY_BERT, TINY_MODERN, TINY_USE } from "./tiny_encoders.ts";

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

Deno.test("bertConfig() reads DistilBERT's names and RoBERTa's padding, and its own result again", () => {
  const distilbert = bertConfig({
    model_type: "distilbert",
    vocab_size: 9,
    dim: 4,
    n_layers: 2,
    n_heads: 2,
    hidden_dim: 6,
    activation: "relu",
  });
  assertEquals(distilbert, {
    model_type: "distilbert",
    hidden_size: 4,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    intermediate_size: 6,
    max_position_embeddings: 512,
    type_vocab_size: 0,
    vocab_size: 9,
    layer_norm_eps: 1e-12,
    hidden_act: "relu",
  });
  assertEquals(bertConfig(distilbert), distilbert);
  const roberta = bertConfig({ ...TINY_BERT, model_type: "xlm-roberta" });
  assertEquals(roberta.pad_token_id, 1);
  assertEquals(bertConfig(roberta), roberta);
  assertThrows(
    () => bertConfig({ ...TINY_BERT, model_type: "roberta", pad_token_id: 6 }),
    RangeError,
    "expected pad_token_id a whole number from 0 to 5, got 6",
  );
  assertThrows(
    () => bertConfig({ model_type: "distilbert", vocab_size: 9, dim: "x" }),
    RangeError,
    'expected dim a whole number from 1 to 65536, got "x"',
  );
});

Deno.test("modernBertConfig() reads the old form and the new alike, and its own result again", () => {
  const sizes = {
    vocab_size: 9,
    hidden_size: 4,
    intermediate_size: 5,
    num_attention_heads: 1,
  };
  const old = modernBertConfig({
    ...sizes,
    num_hidden_layers: 4,
    global_attn_every_n_layers: 2,
    global_rope_theta: 50,
    local_rope_theta: null,
  });
  const types = [
    "full_attention",
    "sliding_attention",
    "full_attention",
    "sliding_attention",
  ] as const;
  const rope = { rope_type: "default", rope_theta: 50 } as const;
  const recent = modernBertConfig({
    ...sizes,
    layer_types: types,
    rope_parameters: { full_attention: rope, sliding_attention: rope },
  });
  assertEquals(old, recent);
  assertEquals(old.layer_types, types);
  assertEquals(old.local_attention, 128);
  assertEquals(modernBertConfig(old), old);
});

Deno.test("modernBertConfig() refuses what is hostile or not offered", () => {
  const cases: [Record<string, unknown>, string][] = [
    [{ model_type: "bert" }, 'expected model_type "modernbert", got "bert"'],
    [{ hidden_size: 6, num_attention_heads: 2 }, "an even multiple of"],
    [{ hidden_activation: "silu" }, 'expected hidden_activation "gelu" or'],
    [{ norm_bias: 1 }, "expected norm_bias true or false, got 1"],
    [
      { classifier_pooling: "max" },
      'expected classifier_pooling "cls" or "mean", got "max"',
    ],
    [{ classifier_bias: "no" }, "expected classifier_bias true or false"],
    [
      { classifier_activation: "silu" },
      'expected classifier_activation "gelu" or "relu", got "silu"',
    ],
    [{ layer_types: ["half"] }, "expected layer_types a list of"],
    [{ layer_types: ["full_attention"] }, "layer_types of 2 layers, got 1"],
    [
      { rope_parameters: { full_attention: { rope_type: "yarn" } } },
      'expected rope_type "default", got "yarn"',
    ],
    [
      { rope_scaling: { rope_type: "linear", factor: 2 } },
      'expected rope_type "default", got "linear"',
    ],
    [{ global_rope_theta: 0 }, "expected global_rope_theta from 1 to"],
    [{ vocab_size: 1e7, hidden_size: 65536 }, "expected sizes of at most"],
  ];
  for (const [changed, text] of cases) {
    assertThrows(
      () => modernBertConfig({ ...TINY_MODERN, ...changed }),
      RangeError,
      text,
    );
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
