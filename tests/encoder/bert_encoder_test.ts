import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import { bertConfig } from "#lib/encoder/bert_config.ts";
import { readBertCheckpoint } from "#lib/encoder/bert_checkpoint.ts";
import { bertEncoder } from "#lib/encoder/bert_encoder.ts";
import { read, tensorOf, tf, valueAndGradients } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { readSafetensors } from "#lib/store/weights/read_safetensors.ts";
import { packRows } from "#lib/text/pack_texts.ts";
import { sharedPath } from "#tests/support/shared.ts";
import tiny from "#tests/fixtures/encoder/bert_tiny.json" with { type: "json" };
import minilm from "#tests/fixtures/encoder/bert_minilm.json" with {
  type: "json",
};
import { distance, tensorsOf, vectorsOf } from "./tiny_encoders.ts";

const config = bertConfig(tiny.config);
const checkpoint = Object.fromEntries(
  Object.entries(tiny.weights).map((
    [name, { shape, values }],
  ) => [name, { shape, values: Float32Array.from(values) }]),
);
const { weights, unused } = readBertCheckpoint(checkpoint, config);
const encoder = bertEncoder(tiny.config, { dim: 8 });
const packed = packRows(tiny.texts.map(({ ids, attend, segment }) => ({
  ids,
  segment,
  attend: attend.map((flag) => flag === 1),
})));

/** The random BERT's parameters on the engine in use. */
function parameters() {
  return tensorsOf(
    encoder,
    Object.fromEntries(
      Object.entries(weights).map(([name, { values }]) => [name, values]),
    ),
  );
}

Deno.test("bertEncoder() gives Hugging Face's vectors to 12 digits on reference", async () => {
  await useEngine("reference");
  assertEquals(unused, []);
  const { values, offsets } = encoder.encode(packed, parameters());
  tiny.vectors.forEach((expected, text) => {
    assertLess(
      distance(vectorsOf(values, offsets, text), expected),
      1e-12,
      `text ${text}`,
    );
  });
});

Deno.test("bertEncoder() gives Hugging Face's gradients of every parameter on reference", async () => {
  await useEngine("reference");
  const { value, gradients } = valueAndGradients((p) => {
    const { values, offsets } = encoder.encode(packed, p);
    const factors = Float64Array.from(
      tiny.texts.flatMap(({ ids }, text) =>
        Array.from({ length: ids.length * 8 }, (_, i) => Math.cos(i + text))
      ),
    );
    assertEquals(offsets.at(-1)! * 8, factors.length);
    return tf.sum(tf.mul(values, tensorOf(factors, values.shape)));
  }, parameters());
  assertLess(Math.abs(read(value)[0]! - tiny.value), 1e-11);
  for (const [name, expected] of Object.entries(tiny.gradients)) {
    assertLess(distance(read(gradients[name]!), expected), 1e-9, name);
  }
  assertEquals(
    Object.keys(gradients).sort(),
    Object.keys(tiny.gradients).sort(),
  );
});

for (const engine of ["wasm", "onnx"] as const) {
  Deno.test(`bertEncoder() errs on ${engine} at most twice as much as Hugging Face in 32 bits`, async () => {
    const folder = sharedPath("models/minilm-l6");
    if (folder === undefined) return;
    await useEngine(engine);
    const config = bertConfig(
      JSON.parse(Deno.readTextFileSync(`${folder}/config.json`)),
    );
    const real = readBertCheckpoint(
      await readSafetensors(`${folder}/model.safetensors`),
      config,
    );
    assertEquals(real.unused, []);
    const encoder = bertEncoder(config, { dim: 4 });
    const values = Object.fromEntries(
      Object.entries(real.weights).map(([name, { values }]) => [name, values]),
    );
    const parameters = tensorsOf(encoder, values);
    const packed = packRows(
      minilm.rows.map(({ ids, attend }) => ({
        ids,
        attend: attend.map((flag) => flag === 1),
      })),
    );
    const states = encoder.tokenStates(packed, parameters);
    const { ours, theirs } = errors(read(states.values), packed.offsets, 384);
    assert(theirs > 0);
    assertLess(ours, 2 * theirs);
    tf.dispose([states.values, ...Object.values(parameters)]);
  });
}

/** Root mean square errors over the fixture's features, ours and Hugging Face's. */
function errors(
  states: ArrayLike<number>,
  offsets: Int32Array,
  hidden: number,
) {
  let [ours, theirs, count] = [0, 0, 0];
  minilm.rows.forEach(({ tokens, exact, single }, text) =>
    tokens.forEach((token, k) =>
      exact[k]!.forEach((value, j) => {
        const state =
          states[(offsets[text]! + token) * hidden + j * minilm.every]!;
        ours += (state - value) ** 2;
        theirs += (single[k]![j]! - value) ** 2;
        count++;
      })
    )
  );
  return { ours: Math.sqrt(ours / count), theirs: Math.sqrt(theirs / count) };
}

Deno.test("bertEncoder() refuses a text beyond its positions and an id beyond its table", async () => {
  await useEngine("reference");
  const long = packRows([{ ids: [1] }, { ids: Array(13).fill(1) }]);
  assertThrows(
    () => encoder.encode(long, parameters()),
    RangeError,
    "Cannot encode text 1: expected 1 to 12 tokens, got 13",
  );
  assertThrows(
    () => encoder.encode(packRows([{ ids: [30] }]), parameters()),
    RangeError,
    "expected ids in [0, 30), got 30",
  );
});
