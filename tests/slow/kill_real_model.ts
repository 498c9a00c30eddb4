/**
 * The same as `tests/train/kill_test.ts`, with a real pretrained BERT: 20 kills,
 * 20 resumed runs, the bits of uninterrupted ones. Takes some ten minutes; run it by
 *
 *     deno task test:slow
 *
 * @module
 */
import "#tests/support/permitted.ts";
import { assertEquals, assertGreater } from "@std/assert";
import { busyProcess, killAndCompare } from "#tests/support/kill_and_resume.ts";
import { asFlags } from "#tests/support/run_task.ts";
import { sharedPath } from "#tests/support/shared.ts";
import { writeTinyData } from "#tests/support/tiny_data.ts";

const KILLS = 20;
const model = sharedPath("models/minilm-l6");

Deno.test({
  name:
    "train of MiniLM, killed at 20 moments under load and resumed, ends with the bits of a run that was not",
  ignore: model === undefined,
  fn: async () => {
    const root = await Deno.makeTempDir({ prefix: "slow-" });
    try {
      const data = await writeTinyData(`${root}/data`);
      const common = {
        model: model!,
        data,
        steps: 8,
        batch: 8,
        ways: 2,
        dropout: 0.1,
        "save-every": 1,
      };
      await using _busy = busyProcess();
      const { killed, whileWriting, finished } = await killAndCompare(root, {
        arms: [
          asFlags(common),
          asFlags({ ...common, optimizer: "schedule-free-adamw", seed: 2 }),
        ],
        kills: KILLS,
        within: 12_000,
        seed: 2,
      });
      assertEquals(killed, KILLS);
      assertGreater(whileWriting, 0);
      console.log(
        `${killed} kills, ${whileWriting} of them while writing, in ${finished} runs`,
      );
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  },
});
