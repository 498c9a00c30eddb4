import "#tests/support/permitted.ts";
import {
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertRejects,
} from "@std/assert";
import { benchModel, saveForPeers } from "#lib/cli/bench/model.ts";
import { benchSettings } from "#lib/cli/bench/settings.ts";
import { benchStep } from "#lib/cli/bench/step.ts";
import { compareLosses } from "#lib/cli/bench/train_step.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { tinyModel } from "#tests/store/model/tiny_models.ts";
import { writeTinyModel } from "#tests/support/tiny_model.ts";

const EXACT = { dropout: 0, precision: "fp32", peerPrecision: "fp32" } as const;
const turn = (loss: number) => ({ seconds: 1, loss });

Deno.test("compareLosses() gives the difference as a share of the peer's loss", () => {
  const { difference, allowed } = compareLosses(turn(3), turn(2), EXACT);
  assertEquals([difference, allowed], [0.5, 0.01]);
});

Deno.test("compareLosses() allows more where a side rounds, and anything where masks are random", () => {
  const allowed = (changes: Readonly<Record<string, unknown>>) =>
    compareLosses(turn(3), turn(2), { ...EXACT, ...changes }).allowed;
  assertEquals(allowed({ precision: "bf16" }), 0.1);
  assertEquals(allowed({ peerPrecision: "bf16" }), 0.1);
  assertEquals(allowed({ dropout: 0.1 }), Infinity);
});

Deno.test("benchModel() keeps the length of the model's own head, and makes one of 128 where there is none", async () => {
  const lengths = { queryLength: 8, documentLength: 16 };
  const dim = async (model: string, dim?: number) =>
    (await benchModel({ model, dim, ...lengths })).model.encoder.dim;
  assertEquals(await dim(tinyModel("pylate")), 8);
  assertEquals(await dim(tinyModel("plain")), 128);
  assertEquals(await dim(tinyModel("plain"), 5), 5);
});

/** A tiny model written into a folder, ready to be measured on the reference engine. */
async function tinyBenchModel(folder: string) {
  const model = await writeTinyModel(`${folder}/model`);
  await useEngine("reference");
  return await benchModel({
    model,
    dim: 8,
    queryLength: 8,
    documentLength: 16,
  });
}

Deno.test("benchStep() falls from the loss of equal scores when documents are the same", async () => {
  const folder = await Deno.makeTempDir();
  const model = await tinyBenchModel(folder);
  const batch = {
    queries: ["feline near", "oak"],
    documents: [["cat", "cat"], ["cat", "cat"]],
    scores: [[1, 1], [1, 1]],
  };
  const first = (loss: "kl" | "contrastive") =>
    benchStep(model, batch, { loss, dropout: 0 }).take().loss;
  // teacher and student are both even; one of four documents is right
  assertAlmostEquals(first("kl"), 0, 1e-9);
  assertAlmostEquals(first("contrastive"), Math.log(4), 1e-6);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("benchStep() learns with both losses, and tells how many tokens it took", async () => {
  const folder = await Deno.makeTempDir();
  const model = await tinyBenchModel(folder);
  const batch = {
    queries: ["feline", "oak"],
    documents: [["cat", "stone"], ["tree", "bread"]],
    scores: [[3, 0], [3, 0]],
  };
  for (const loss of ["kl", "contrastive"] as const) {
    const step = benchStep(model, batch, { loss, dropout: 0 });
    assertEquals(step.tokens, 2 * 8 + 4 * 4); // [CLS] marker word [SEP]
    const losses = Array.from({ length: 4 }, () => step.take().loss);
    assertGreater(losses[0]!, losses[3]!);
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("saveForPeers() refuses a model that peers do not open", async () => {
  const settings = benchSettings("max-sim", {});
  const model = { model: { family: "use-lite" }, weights: {} };
  assertEquals(settings.against, []);
  await assertRejects(
    () => saveForPeers("nowhere", model as never),
    RangeError,
    "Cannot time peers: expected a BERT, which they open, got use-lite",
  );
});
