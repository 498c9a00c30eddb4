import "#tests/support/permitted.ts";
import { asFlags, runJson } from "#tests/support/run_task.ts";
import { TINY_SETTINGS, withTinyFiles } from "#tests/train/tiny_training.ts";
import { assertEquals, assertGreater } from "@std/assert";
import { hasAdapter } from "./adapter.ts";

Deno.test({
  name: "deno task train --engine webgpu trains and measures",
  ignore: !hasAdapter,
  fn: async () => {
    await withTinyFiles(async ({ root, model, data }) => {
      const words = asFlags({
        ...TINY_SETTINGS,
        ...{ model, data, out: `${root}/run`, steps: 30, engine: "webgpu" },
      });
      const { engine, steps, after, baselines } = await runJson("train", words);
      assertEquals([engine, steps], ["webgpu", 30]);
      assertGreater(after.ndcg_cut_10, baselines.untrained.ndcg_cut_10);
    });
  },
});
