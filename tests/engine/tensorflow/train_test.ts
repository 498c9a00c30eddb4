import "#tests/support/permitted.ts";
import { asFlags, runJson } from "#tests/support/run_task.ts";
import { TINY_SETTINGS, withTinyFiles } from "#tests/train/tiny_training.ts";
import { assertEquals, assertGreater } from "@std/assert";
import { tensorFlowBackend } from "./present.ts";

Deno.test("deno task train --engine tensorflow trains and measures", async () => {
  if (!await tensorFlowBackend()) return;
  await withTinyFiles(async ({ root, model, data }) => {
    const words = asFlags({
      ...TINY_SETTINGS,
      ...{ model, data, out: `${root}/run`, steps: 60, engine: "tensorflow" },
    });
    const { engine, steps, after, baselines } = await runJson("train", words);
    assertEquals([engine, steps], ["tensorflow", 60]);
    assertGreater(after.ndcg_cut_10, baselines.untrained.ndcg_cut_10);
  });
});
