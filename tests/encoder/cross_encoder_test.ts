import { assertEquals, assertLess, assertThrows } from "@std/assert";
import { bertConfig } from "#lib/encoder/bert_config.ts";
import {
  crossEncoder,
  readCrossEncoderCheckpoint,
} from "#lib/encoder/cross_encoder.ts";
import { read, tf, valueAndGradients } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { ShapeError } from "#lib/num/shape_error.ts";
import { packRows } from "#lib/text/pack_texts.ts";
import tiny from "#tests/fixtures/encoder/bert_tiny.json" with { type: "json" };
import { distance, tensorsOf } from "./tiny_encoders.ts";

const config = bertConfig(tiny.config);
const { "linear.weight": _, ...below } = tiny.weights;
const checkpoint = Object.fromEntries(
  Object.entries({ ...below, ...tiny.cross.weights }).map((
    [name, { shape, values }],
  ) => [
    name,
    { shape, values: Float32Array.from(values) },
  ]),
);
const pairs = packRows(tiny.texts.map(({ ids, attend, segment }) => ({
  ids,
  segment,
  attend: attend.map((flag) => flag === 1),
})));

/** The fixture's parameters on the engine in use. */
function parameters() {
  const { weights } = readCrossEncoderCheckpoint(checkpoint, config);
  const values = Object.fromEntries(
    Object.entries(weights).map(([name, { values }]) => [name, values]),
  );
  return tensorsOf(crossEncoder(config), values);
}

Deno.test("crossEncoder() gives Hugging Face's logits to 12 digits on reference", async () => {
  await useEngine("reference");
  assertEquals(readCrossEncoderCheckpoint(checkpoint, config).unused, []);
  const scores = crossEncoder(config).score(pairs, parameters());
  assertLess(distance(read(scores), tiny.cross.scores), 1e-12);
});

Deno.test("crossEncoder() has a gradient for every parameter", async () => {
  await useEngine("reference");
  const teacher = crossEncoder(config);
  const { gradients } = valueAndGradients(
    (p) => tf.sum(teacher.score(pairs, p)),
    parameters(),
  );
  assertEquals(
    Object.keys(gradients).sort(),
    Object.keys(teacher.shapes).sort(),
  );
  assertLess(
    Math.abs(read(gradients["classifier.bias"]!)[0]! - tiny.texts.length),
    1e-12,
  );
});

Deno.test("readCrossEncoderCheckpoint() names what is missing, or has more than one label", () => {
  const { "bert.pooler.dense.weight": __, ...poolerless } = checkpoint;
  const three = {
    ...checkpoint,
    "classifier.weight": { shape: [3, 16], values: new Float32Array(48) },
  };
  const cases = [
    [
      poolerless,
      'Cannot read cross-encoder weights: expected tensor "bert.pooler.dense.weight" [16, 16], got none',
    ],
    [
      three,
      'expected tensor "classifier.weight" [1, 16], got "classifier.weight" [3, 16] of 48 numbers',
    ],
  ] as const;
  for (const [tensors, message] of cases) {
    assertThrows(
      () => readCrossEncoderCheckpoint(tensors, config),
      ShapeError,
      message,
    );
  }
});

Deno.test("crossEncoder() refuses parameters without a classifier", async () => {
  await useEngine("reference");
  const { "classifier.bias": _, ...rest } = parameters();
  assertThrows(
    () => crossEncoder(config).score(pairs, rest),
    ShapeError,
    'Cannot encode texts: expected parameter "classifier.bias" [1], got none',
  );
});
