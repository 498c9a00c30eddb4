import "#tests/support/permitted.ts";
import { assertEquals, assertLess, assertThrows } from "@std/assert";
import { readBertCheckpoint } from "#lib/encoder/bert_checkpoint.ts";
import { bertConfig } from "#lib/encoder/bert_config.ts";
import { bertEncoder } from "#lib/encoder/bert_encoder.ts";
import type { CheckpointTensors } from "#lib/encoder/checkpoint_tensor.ts";
import type { Encoder } from "#lib/encoder/encoder.ts";
import { readModernBertCheckpoint } from "#lib/encoder/modern_bert_checkpoint.ts";
import { modernBertConfig } from "#lib/encoder/modern_bert_config.ts";
import { modernBertEncoder } from "#lib/encoder/modern_bert_encoder.ts";
import { tensorOf, tf, valueAndGradients } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { packRows } from "#lib/text/pack_texts.ts";
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
  tensorsOf,
  vectorsOf,
} from "./tiny_encoders.ts";

/** A family's encoder and weights, read as from a folder. */
type Loaded = readonly [Encoder, CheckpointTensors, readonly string[]];

/** A BERT, by its configuration. */
function bert(family: Family): Loaded {
  const config = bertConfig(family.config);
  const { weights, unused } = readBertCheckpoint(checkpointOf(family), config);
  return [bertEncoder(config, { dim: 8 }), weights, unused];
}

/** A ModernBERT, by its configuration. */
function modern(family: Family): Loaded {
  const config = modernBertConfig(family.config);
  const { weights, unused } = readModernBertCheckpoint(
    checkpointOf(family),
    config,
  );
  return [modernBertEncoder(config, { dim: 8 }), weights, unused];
}

const FAMILIES: readonly (readonly [string, Family, typeof bert])[] = [
  ["bertEncoder() of a DistilBERT", distilbert, bert],
  ["bertEncoder() of an XLM-R", xlmRoberta, bert],
  ["modernBertEncoder()", modernBert, modern],
];

/** The encoder and its parameters on the engine in use. */
function ready(family: Family, load: typeof bert) {
  const [encoder, weights, unused] = load(family);
  assertEquals(unused, []);
  const head = numbers(family.head, Object.keys(family.shapes).length);
  const values = numbersOf({ ...weights, "head.weight": head });
  const parameters = tensorsOf(encoder, values);
  return { encoder, parameters, packed: packedOf(family) };
}

for (const [name, family, load] of FAMILIES) {
  Deno.test(`${name} gives transformers' vectors to 12 digits on reference`, async () => {
    await useEngine("reference");
    const { encoder, parameters, packed } = ready(family, load);
    const { values, offsets } = encoder.encode(packed, parameters);
    family.vectors.forEach((expected, text) => {
      const got = vectorsOf(values, offsets, text);
      assertLess(distance(got, [...expected]), 1e-12, `text ${text}`);
    });
  });

  Deno.test(`${name} gives transformers' gradients of every parameter on reference`, async () => {
    await useEngine("reference");
    const { encoder, parameters, packed } = ready(family, load);
    const factors = Float64Array.from(
      family.texts.flatMap(({ ids }, text) =>
        Array.from({ length: ids.length * 8 }, (_, i) => Math.cos(i + text))
      ),
    );
    const got = valueAndGradients((p) => {
      const { values } = encoder.encode(packed, p);
      return tf.sum(tf.mul(values, tensorOf(factors, values.shape)));
    }, parameters);
    assertValueAndGradients(got, family, { value: 1e-10, gradient: 1e-9 });
  });

  for (const engine of ["wasm", "onnx"] as const) {
    Deno.test(`${name} gives transformers' vectors to 5 digits on ${engine}`, async () => {
      await useEngine(engine);
      const { encoder, parameters, packed } = ready(family, load);
      const { values, offsets } = encoder.encode(packed, parameters);
      family.vectors.forEach((expected, text) => {
        const got = vectorsOf(values, offsets, text);
        // 32 bits: 2 to 5 layers, each of some ten roundings of 6e-8.
        assertLess(distance(got, [...expected]), 2e-5, `text ${text}`);
      });
    });
  }
}

Deno.test("bertEncoder() of an XLM-R takes texts as long as its table leaves, not longer", async () => {
  await useEngine("reference");
  const { encoder, parameters } = ready(xlmRoberta, bert);
  assertEquals(encoder.maxTokens, 12);
  assertThrows(
    () => encoder.encode(packRows([{ ids: Array(13).fill(5) }]), parameters),
    RangeError,
    "expected 1 to 12 tokens, got 13",
  );
});
