import "#tests/support/permitted.ts";
import { assertEquals, assertLess, assertThrows } from "@std/assert";
import { bertConfig } from "#lib/encoder/bert_config.ts";
import {
  crossEncoder,
  readCrossEncoderCheckpoint,
} from "#lib/encoder/cross_encoder.ts";
import {
  type Parameters,
  read,
  tensorOf,
  tf,
  valueAndGradients,
} from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { ShapeError } from "#lib/num/shape_error.ts";
import { packRows, reorder } from "#lib/text/pack_texts.ts";
import tiny from "#tests/fixtures/encoder/bert_tiny.json" with { type: "json" };
import cross from "#tests/fixtures/encoder/cross_encoder.json" with {
  type: "json",
};
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

const written = packRows(cross.pairs);

/** The parameters of the model of `cross_encoder.json`, on the engine in use. */
function writtenParameters(given = readWritten(cross.weights)) {
  return tensorsOf(crossEncoder(cross.config), given);
}

/** Numbers by our names, of weights or of gradients. */
function readWritten(
  tensors: Readonly<Record<string, { shape: number[]; values: number[] }>>,
): Record<string, Float64Array> {
  const { weights } = readCrossEncoderCheckpoint(
    Object.fromEntries(
      Object.entries(tensors).map(([name, { shape, values }]) => [
        name,
        { shape, values: Float32Array.from(values) },
      ]),
    ),
    bertConfig(cross.config),
  );
  return Object.fromEntries(
    Object.entries(weights).map((
      [name, { values }],
    ) => [name, Float64Array.from(values)]),
  );
}

/** The scalar of the fixture: logits weighted by the cosine of their place. */
function weighted(parameters: Parameters) {
  const scores = crossEncoder(cross.config).score(written, parameters);
  const factors = cross.pairs.map((_, place) => Math.cos(place));
  return tf.sum(tf.mul(scores, tensorOf(factors, scores.shape)));
}

Deno.test("crossEncoder() gives Hugging Face's gradients of every parameter on reference", async () => {
  await useEngine("reference");
  const { value, gradients } = valueAndGradients(weighted, writtenParameters());
  assertLess(Math.abs(read(value)[0]! - cross.value), 1e-12);
  // 32 bits hold the expected gradients in this map, hence the bound.
  const expected = readWritten(
    Object.fromEntries(
      Object.entries(cross.gradients).map(([name, values]) => [name, {
        shape: cross.weights[name as keyof typeof cross.weights].shape,
        values,
      }]),
    ),
  );
  assertEquals(Object.keys(gradients).sort(), Object.keys(expected).sort());
  for (const [name, numbers] of Object.entries(expected)) {
    const most = Math.max(1, ...numbers.map(Math.abs));
    assertLess(
      distance(read(gradients[name]!), numbers),
      most * 2 ** -24,
      name,
    );
  }
});

Deno.test("crossEncoder() has the gradients of finite differences", async () => {
  await useEngine("reference");
  const numbers = readWritten(cross.weights);
  const { gradients } = valueAndGradients(weighted, writtenParameters());
  const at = (name: string, i: number, change: number) => {
    const moved = numbers[name]!.with(i, numbers[name]![i]! + change);
    return tf.tidy(() =>
      read(weighted(writtenParameters({ ...numbers, [name]: moved })))[0]!
    );
  };
  for (const [name, values] of Object.entries(numbers)) {
    const gradient = read(gradients[name]!);
    for (let i = 0; i < values.length; i += Math.ceil(values.length / 3)) {
      const slope = (at(name, i, 1e-5) - at(name, i, -1e-5)) / 2e-5;
      assertLess(Math.abs(slope - gradient[i]!), 1e-7, `${name}[${i}]`);
    }
  }
});

Deno.test("crossEncoder() gives a pair the same score alone, in a batch, and in any order", async () => {
  await useEngine("reference");
  const parameters = writtenParameters();
  const { score } = crossEncoder(cross.config);
  const expected = cross.pairs.map((pair) => pair.score);
  assertLess(distance(read(score(written, parameters)), expected), 1e-12);
  cross.pairs.forEach((pair, i) => {
    const [alone] = read(score(packRows([pair]), parameters));
    assertLess(Math.abs(alone! - expected[i]!), 1e-12, `pair ${i}`);
  });
  const order = [4, 0, 5, 3, 1, 2, 1];
  assertLess(
    distance(
      read(score(reorder(written, order), parameters)),
      order.map((pair) => expected[pair]!),
    ),
    1e-12,
  );
});

for (const engine of ["wasm", "onnx"] as const) {
  Deno.test(`crossEncoder() gives Hugging Face's logits in 32 bits on ${engine}`, async () => {
    await useEngine(engine);
    const scores = crossEncoder(cross.config).score(
      written,
      writtenParameters(),
    );
    const expected = cross.pairs.map((pair) => pair.score);
    assertLess(distance(read(scores), expected), 5e-6);
  });
}

for (const prefix of ["", "bert.", "model.bert.", "0.auto_model.bert."]) {
  Deno.test(`readCrossEncoderCheckpoint() finds all weights behind "${prefix}"`, () => {
    const head = prefix.replace(/bert\.$/, "");
    const renamed = Object.fromEntries(
      Object.entries(checkpoint).map(([name, tensor]) => [
        name.startsWith("bert.") ? prefix + name.slice(5) : head + name,
        tensor,
      ]),
    );
    assertEquals(
      readCrossEncoderCheckpoint(renamed, config),
      readCrossEncoderCheckpoint(checkpoint, config),
    );
  });
}
