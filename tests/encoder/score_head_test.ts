import "#tests/support/permitted.ts";
import { assertEquals, assertLess, assertThrows } from "@std/assert";
import {
  crossEncoder,
  readCrossEncoderCheckpoint,
} from "#lib/encoder/cross_encoder.ts";
import { read, tensorOf, tf, valueAndGradients } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { ShapeError } from "#lib/num/shape_error.ts";
import { packRows, reorder } from "#lib/text/pack_texts.ts";
import distilbert from "#tests/fixtures/encoder/distilbert.json" with {
  type: "json",
};
import modernBert from "#tests/fixtures/encoder/modern_bert.json" with {
  type: "json",
};
import xlmRoberta from "#tests/fixtures/encoder/xlm_roberta.json" with {
  type: "json",
};
import {
  checkpointOf,
  type Family,
  numbers,
  packedOf,
} from "#tests/support/formula_weights.ts";
import {
  assertValueAndGradients,
  distance,
  numbersOf,
  PACKED,
  randomValues,
  tensorsOf,
  TINY_MODERN,
} from "./tiny_encoders.ts";

/** What `make_families.py` writes of a cross-encoder over the layers of a family. */
interface Head {
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly scores: readonly number[];
  readonly value: number;
  readonly gradients: Readonly<Record<string, readonly number[]>>;
}

/** A family, the fields its head adds to the configuration, and what it must give. */
type Case = readonly [
  name: string,
  family: Family,
  head: Head,
  fields?: Readonly<Record<string, unknown>>,
];

const MEAN = { classifier_pooling: "mean", classifier_bias: true };
const CASES: readonly Case[] = [
  ["a DistilBERT", distilbert, distilbert.cross],
  ["an XLM-R", xlmRoberta, xlmRoberta.cross],
  ["a ModernBERT", modernBert, modernBert.cross],
  ["a ModernBERT with a mean", modernBert, modernBert.cross_mean, MEAN],
];

/** The checkpoint of a whole cross-encoder. */
function wholeCheckpoint(family: Family, { shapes }: Pick<Head, "shapes">) {
  const start = Object.keys(family.shapes).length + 1;
  const head = Object.entries(shapes).map(([name, shape], i) =>
    [name, numbers(shape, start + i, name.endsWith("norm.weight"))] as const
  );
  return { ...checkpointOf(family), ...Object.fromEntries(head) };
}

/** The cross-encoder, and its parameters on the engine in use. */
function ready([, family, head, fields]: Case) {
  const config = { ...family.config as object, ...fields };
  const { weights, unused } = readCrossEncoderCheckpoint(
    wholeCheckpoint(family, head),
    config,
  );
  assertEquals(unused, []);
  const model = crossEncoder(config);
  const parameters = tensorsOf(model, numbersOf(weights));
  return { model, parameters, packed: packedOf(family) };
}

for (const given of CASES) {
  const [name, , head] = given;

  Deno.test(`crossEncoder() of ${name} gives transformers' scores to 12 digits on reference`, async () => {
    await useEngine("reference");
    const { model, parameters, packed } = ready(given);
    const got = read(model.score(packed, parameters));
    assertLess(distance(got, head.scores), 1e-12);
  });

  Deno.test(`crossEncoder() of ${name} gives transformers' gradients of every parameter on reference`, async () => {
    await useEngine("reference");
    const { model, parameters, packed } = ready(given);
    const factors = head.scores.map((_, text) => Math.cos(text));
    const got = valueAndGradients((p) => {
      const scores = model.score(packed, p);
      return tf.sum(tf.mul(scores, tensorOf(factors, scores.shape)));
    }, parameters);
    assertValueAndGradients(got, head, { value: 1e-12, gradient: 1e-12 });
  });

  Deno.test(`crossEncoder() of ${name} gives a text the same score alone and in any order`, async () => {
    await useEngine("reference");
    const { model, parameters, packed } = ready(given);
    const order = [4, 0, 5, 3, 1, 2, 1];
    for (const places of [order, ...order.map((place) => [place])]) {
      const got = read(model.score(reorder(packed, places), parameters));
      const expected = places.map((place) => head.scores[place]!);
      assertLess(distance(got, expected), 1e-12, `${places}`);
    }
  });

  for (const engine of ["wasm", "onnx"] as const) {
    Deno.test(`crossEncoder() of ${name} gives transformers' scores to 5 digits on ${engine}`, async () => {
      await useEngine(engine);
      const { model, parameters, packed } = ready(given);
      const got = read(model.score(packed, parameters));
      // 32 bits: 2 to 5 layers, each of some ten roundings of 6e-8, scores of about 1;
      // 8e-7 was seen at most.
      assertLess(distance(got, head.scores), 5e-6);
    });
  }
}

Deno.test("crossEncoder() of a ModernBERT refuses a mean over no token", async () => {
  await useEngine("reference");
  const { model, parameters } = ready(CASES[3]!);
  const packed = packRows([{ ids: [2] }, { ids: [3], attend: [false] }]);
  assertThrows(
    () => model.score(packed, parameters),
    RangeError,
    "expected at least one attended token in text 1, got none of 1 tokens",
  );
});

Deno.test("crossEncoder() of a ModernBERT with every bias has the gradients of finite differences", async () => {
  await useEngine("reference");
  const model = crossEncoder({
    ...TINY_MODERN,
    ...MEAN,
    model_type: "modernbert",
    norm_bias: true,
    classifier_activation: "relu",
  }, { labels: 2 });
  const head = Object.entries(model.shapes).filter(([name]) =>
    /^(pooler|classifier)/.test(name)
  );
  assertEquals(head, [
    ["pooler.weight", [4, 4]],
    ["pooler.bias", [4]],
    ["pooler.norm.gain", [4]],
    ["pooler.norm.bias", [4]],
    ["classifier.weight", [2, 4]],
    ["classifier.bias", [2]],
  ]);
  const values = randomValues(model);
  const scoreOf = (given: typeof values) =>
    tf.tidy(() => {
      const scores = model.score(PACKED, tensorsOf(model, given));
      return read(tf.sum(tf.mul(scores, scores)))[0]!;
    });
  const { gradients } = valueAndGradients((p) => {
    const scores = model.score(PACKED, p);
    return tf.sum(tf.mul(scores, scores));
  }, tensorsOf(model, values));
  for (const [name] of head) {
    read(gradients[name]!).forEach((gradient, i) => {
      const at = (change: number) =>
        scoreOf({
          ...values,
          [name]: values[name]!.with(i, values[name]![i]! + change),
        });
      const slope = (at(1e-5) - at(-1e-5)) / 2e-5;
      assertLess(Math.abs(slope - gradient), 1e-7, `${name}[${i}]`);
    });
  }
});

Deno.test("readCrossEncoderCheckpoint() names what a ModernBERT's head lacks, or has in another shape", () => {
  const whole = wholeCheckpoint(modernBert, modernBert.cross_mean);
  const config = { ...modernBert.config, ...MEAN };
  const faults = [
    ["head.dense.weight", [16, 16]],
    ["head.dense.bias", [16]],
    ["head.norm.weight", [16]],
    ["classifier.weight", [1, 16]],
    ["classifier.bias", [1]],
  ] as const;
  for (const [name, shape] of faults) {
    const expected = `expected tensor "${name}" [${shape.join(", ")}], got`;
    const { [name]: _, ...rest } = whole;
    const wide = { ...whole, [name]: numbers([3, ...shape.slice(1)], 0) };
    const readFrom = (tensors: typeof whole) => () =>
      readCrossEncoderCheckpoint(tensors, config);
    assertThrows(readFrom(rest), ShapeError, `${expected} none`);
    assertThrows(readFrom(wide), ShapeError, `${expected} "${name}" [3`);
  }
});
