import "#tests/support/permitted.ts";
import { assert, assertThrows } from "@std/assert";
import { bertEncoder } from "#lib/encoder/bert_encoder.ts";
import { read, tensorOf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { ShapeError } from "#lib/num/shape_error.ts";
import {
  FAMILIES,
  PACKED,
  randomValues,
  tensorsOf,
  TINY_BERT,
} from "./tiny_encoders.ts";

Deno.test("encode() shows a NaN of the weights in every vector that reads it", async () => {
  await useEngine("reference");
  const encoder = FAMILIES[0]![1]();
  const numbers = randomValues(encoder);
  numbers["layer.0.feedforward.in.bias"]![0] = NaN;
  const { values } = encoder.encode(PACKED, tensorsOf(encoder, numbers));
  assert(read(values).every(Number.isNaN));
});

Deno.test("encode() refuses batches and parameters that do not fit", async () => {
  await useEngine("reference");
  const encoder = bertEncoder(TINY_BERT, { dim: 3 });
  const parameters = tensorsOf(encoder, randomValues(encoder));
  const { "head.weight": _, ...headless } = parameters;
  const cases: [
    () => unknown,
    typeof ShapeError | typeof RangeError,
    string,
  ][] = [
    [
      () => encoder.encode(PACKED, headless),
      ShapeError,
      'expected parameter "head.weight" [3, 4], got none',
    ],
    [
      () =>
        encoder.encode(PACKED, {
          ...parameters,
          "embeddings.word": tensorOf([1], [1, 1]),
        }),
      ShapeError,
      'Cannot encode texts: expected parameter "embeddings.word" [9, 4], got [1, 1]',
    ],
    [
      () => encoder.encode({ ...PACKED, keep: new Uint8Array(3) }, parameters),
      ShapeError,
      "segment [16], keep [3], attend [16]",
    ],
    [
      () =>
        encoder.encode(
          { ...PACKED, offsets: Int32Array.of(0, 0, 16) },
          parameters,
        ),
      RangeError,
      "Cannot encode text 0: expected 1 to 7 tokens, got 0",
    ],
    [
      () =>
        encoder.encode(PACKED, parameters, {
          dropout: { rate: 0.25, key: 7, step: 3, texts: Int32Array.of(1) },
        }),
      ShapeError,
      "Cannot drop features: expected one batch index for each of 5 texts, got 1",
    ],
    [
      () => bertEncoder(TINY_BERT, { dim: 0 }),
      RangeError,
      "Cannot make an encoder: expected dim from 1 to 65,536, got 0",
    ],
  ];
  for (const [run, kind, message] of cases) assertThrows(run, kind, message);
});
