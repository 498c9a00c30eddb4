import "#tests/support/permitted.ts";
import { assertEquals, assertGreater } from "@std/assert";
import { busyProcess, killAndCompare } from "#tests/support/kill_and_resume.ts";
import { asFlags } from "#tests/support/run_task.ts";
import { TINY_SETTINGS, withTinyFiles } from "./tiny_training.ts";

const KILLS = 20;
const [PHASE_KILLS, PHASE_STEPS] = [4, 6];

Deno.test("train, killed at 20 moments under load and resumed, ends with the bits of a run that was not", async () => {
  await withTinyFiles(async ({ root, model, data }) => {
    const common = {
      ...TINY_SETTINGS,
      model,
      data,
      dropout: 0.1,
      steps: 24,
      "save-every": 1,
    };
    await using _busy = busyProcess();
    const { killed, whileWriting, finished } = await killAndCompare(root, {
      arms: [
        asFlags({ ...common, "eval-every": 8 }),
        asFlags({ ...common, optimizer: "schedule-free-adamw", seed: 2 }),
      ],
      kills: KILLS,
      within: 2000,
      seed: 1,
    });
    assertEquals(killed, KILLS);
    assertGreater(whileWriting, 0);
    console.log(
      `${killed} kills, ${whileWriting} of them while writing, in ${finished} runs`,
    );
  });
});

Deno.test("train in phases, killed at 4 moments and resumed, ends with the bits of a chain that was not", async () => {
  await withTinyFiles(async ({ root, model, data }) => {
    const settings = `${root}/phases.json`;
    const phases = [
      { loss: "contrastive", negatives: "none", ways: 1, chunk: 5 },
      { loss: "contrastive", optimizer: "schedule-free-adamw", ways: 3 },
      { loss: "pairwise", accumulate: 4 },
    ];
    const content = {
      ...TINY_SETTINGS,
      ...{ model, data, phases, dropout: 0.1 },
      ...{ steps: PHASE_STEPS, "save-every": 1 },
    };
    await Deno.writeTextFile(settings, JSON.stringify(content));
    const { killed, finished } = await killAndCompare(root, {
      arms: [asFlags({ settings })],
      kills: PHASE_KILLS,
      within: 3000,
      seed: 3,
    });
    assertEquals(killed, PHASE_KILLS);
    console.log(`${killed} kills in ${finished} chains`);
  });
});
