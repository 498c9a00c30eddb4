import "#tests/support/permitted.ts";
import { assert, assertEquals, assertLess, assertNotEquals } from "@std/assert";
import type { Dropout, Encoder } from "#lib/encoder/encoder.ts";
import { runHead } from "#lib/encoder/head_layers.ts";
import { read, tensorOf, tf, valueAndGradients } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { packRows, reorder } from "#lib/text/pack_texts.ts";
import {
  distance,
  FAMILIES,
  PACKED,
  randomValues,
  ROWS,
  tensorsOf,
  vectorsOf,
} from "./tiny_encoders.ts";

const DROPOUT: Dropout = {
  rate: 0.25,
  key: 7,
  step: 3,
  texts: Int32Array.of(10, 11, 12, 13, 14),
};

/** A number that depends on every feature of every vector. */
function summary(
  encoder: Encoder,
  parameters: Parameters<Encoder["encode"]>[1],
  dropout?: Dropout,
) {
  const { values } = encoder.encode(
    PACKED,
    parameters,
    dropout ? { dropout } : {},
  );
  const factors = Float64Array.from(
    { length: values.size },
    (_, i) => Math.cos(1 + 3 * i),
  );
  return tf.sum(tf.mul(values, tensorOf(factors, values.shape)));
}

for (const [name, make] of FAMILIES) {
  for (const dropout of [undefined, DROPOUT]) {
    const how = dropout ? "with dropout" : "without dropout";
    Deno.test(`${name} has the gradients of finite differences ${how}`, async () => {
      await useEngine("reference");
      const encoder = make();
      const numbers = randomValues(encoder);
      const { value, gradients } = valueAndGradients(
        (p) => summary(encoder, p, dropout),
        tensorsOf(encoder, numbers),
      );
      assert(Number.isFinite(read(value)[0]!));
      const at = (parameter: string, i: number, change: number) => {
        const moved = {
          ...numbers,
          [parameter]: numbers[parameter]!.with(
            i,
            numbers[parameter]![i]! + change,
          ),
        };
        return tf.tidy(() =>
          read(summary(encoder, tensorsOf(encoder, moved), dropout))[0]!
        );
      };
      for (const [parameter, values] of Object.entries(numbers)) {
        const gradient = read(gradients[parameter]!);
        for (let i = 0; i < values.length; i += Math.ceil(values.length / 5)) {
          const slope = (at(parameter, i, 1e-5) - at(parameter, i, -1e-5)) /
            2e-5;
          assertLess(
            Math.abs(slope - gradient[i]!),
            1e-6 * Math.max(1, Math.abs(slope)),
            `${parameter}[${i}]`,
          );
        }
      }
    });

    Deno.test(`${name} gives a batch what it gives each text alone ${how}`, async () => {
      await useEngine("reference");
      const encoder = make();
      const parameters = tensorsOf(encoder, randomValues(encoder));
      const together = encoder.encode(
        PACKED,
        parameters,
        dropout ? { dropout } : {},
      );
      ROWS.forEach((row, text) => {
        const options = dropout
          ? {
            dropout: { ...dropout, texts: dropout.texts.slice(text, text + 1) },
          }
          : {};
        const alone = encoder.encode(packRows([row]), parameters, options);
        const expected = vectorsOf(together.values, together.offsets, text);
        assertLess(
          distance(vectorsOf(alone.values, alone.offsets, 0), expected),
          1e-14,
          `text ${text}`,
        );
      });
    });

    Deno.test(`${name} does not depend on the order of texts ${how}`, async () => {
      await useEngine("reference");
      const encoder = make();
      const parameters = tensorsOf(encoder, randomValues(encoder));
      const order = [3, 0, 4, 2, 1];
      const given = encoder.encode(
        PACKED,
        parameters,
        dropout ? { dropout } : {},
      );
      const texts = Int32Array.from(order, (text) => DROPOUT.texts[text]!);
      const moved = encoder.encode(
        reorder(PACKED, order),
        parameters,
        dropout ? { dropout: { ...dropout, texts } } : {},
      );
      order.forEach((text, place) => {
        const expected = vectorsOf(given.values, given.offsets, text);
        assertLess(
          distance(vectorsOf(moved.values, moved.offsets, place), expected),
          1e-14,
        );
      });
    });
  }

  Deno.test(`${name} gives unit vectors for every length`, async () => {
    await useEngine("reference");
    const encoder = make();
    const parameters = tensorsOf(encoder, randomValues(encoder));
    for (let length = 1; length <= encoder.maxTokens; length++) {
      const ids = Array.from({ length }, (_, i) => i % 9);
      const { values } = encoder.encode(packRows([{ ids }]), parameters);
      assertEquals(values.shape, [length, 3]);
      const norms = read(tf.sum(tf.square(values), 1));
      for (const norm of norms) assertLess(Math.abs(norm - 1), 1e-12);
    }
  });

  Deno.test(`${name} lets an unattended token see, and not be seen`, async () => {
    await useEngine("reference");
    const encoder = make();
    const parameters = tensorsOf(encoder, randomValues(encoder));
    const run = (last: number, attend: boolean) => {
      const { values, offsets } = encoder.encode(
        packRows([{ ids: [1, 2, last], attend: [true, true, attend] }]),
        parameters,
      );
      return vectorsOf(values, offsets, 0);
    };
    assertEquals(run(3, false).slice(0, 6), run(4, false).slice(0, 6));
    assertNotEquals(run(3, false).slice(6), run(4, false).slice(6));
    assertNotEquals(run(3, true).slice(0, 6), run(4, true).slice(0, 6));
  });

  Deno.test(`${name} drops apart at another step, key or batch index, and not at rate 0`, async () => {
    await useEngine("reference");
    const encoder = make();
    const parameters = tensorsOf(encoder, randomValues(encoder));
    const run = (
      dropout?: Dropout,
    ) => [
      ...read(
        encoder.encode(PACKED, parameters, dropout ? { dropout } : {}).values,
      ),
    ];
    assertEquals(run(DROPOUT), run(DROPOUT));
    assertEquals(run({ ...DROPOUT, rate: 0 }), run());
    for (
      const change of [{ step: 4 }, { key: 8 }, {
        texts: Int32Array.of(0, 1, 2, 3, 4),
      }]
    ) {
      assertNotEquals(run({ ...DROPOUT, ...change }), run(DROPOUT));
    }
  });

  Deno.test(`${name} gives states whose projection, scaled, is the vector`, async () => {
    await useEngine("reference");
    const encoder = make();
    const numbers = randomValues(encoder);
    const parameters = tensorsOf(encoder, numbers);
    const below = Object.fromEntries(
      Object.entries(parameters).filter(([own]) => !own.startsWith("head.")),
    );
    const { values } = encoder.tokenStates(PACKED, below);
    assertEquals(values.shape, [PACKED.ids.length, encoder.hidden]);
    const projected = encoder.head!.length > 1
      ? runHead(values, parameters, encoder.head!)
      : tf.matMul(
        values as tf.Tensor2D,
        parameters["head.weight"] as tf.Tensor2D,
        false,
        true,
      );
    const vectors = tf.div(projected, tf.norm(projected, 2, 1, true));
    const expected = read(encoder.encode(PACKED, parameters).values);
    assertLess(distance(read(vectors), expected), 1e-12);
  });

  Deno.test(`${name} keeps no tensor but its result`, async () => {
    await useEngine("reference");
    const encoder = make();
    const parameters = tensorsOf(encoder, randomValues(encoder));
    const before = tf.memory().numTensors;
    encoder.encode(PACKED, parameters, { dropout: DROPOUT }).values.dispose();
    encoder.tokenStates(PACKED, parameters).values.dispose();
    assertEquals(tf.memory().numTensors, before);
  });

  for (const engine of ["wasm", "onnx"] as const) {
    Deno.test(`${name} gives on ${engine} what it gives on reference, gradients too`, async () => {
      const encoder = make();
      const numbers = randomValues(encoder);
      const run = async (engine: "reference" | "wasm" | "onnx") => {
        await useEngine(engine);
        const { value, gradients } = valueAndGradients(
          (p) => summary(encoder, p, DROPOUT),
          tensorsOf(encoder, numbers),
        );
        return [
          [...read(value)],
          ...Object.keys(numbers).map((name) => [...read(gradients[name]!)]),
        ];
      };
      const exact = await run("reference");
      (await run(engine)).forEach((values, i) =>
        assertLess(distance(values, exact[i]!), 2e-5)
      );
    });
  }
}

Deno.test("encode() carries offsets and keep through", async () => {
  await useEngine("reference");
  const [, make] = FAMILIES[0]!;
  const encoder = make();
  const vectors = encoder.encode(
    PACKED,
    tensorsOf(encoder, randomValues(encoder)),
  );
  assertEquals(vectors.offsets, PACKED.offsets);
  assertEquals(vectors.keep, PACKED.keep);
});
