import "#tests/support/permitted.ts";
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { read, tf } from "#lib/engine/tensor.ts";
import { optimizerNamed } from "#lib/optim/optimizer_named.ts";
import { writeCheckpoint } from "#lib/store/run/checkpoint.ts";
import { startingWeights } from "#lib/train/head.ts";
import type { Prepared } from "#lib/train/prepare.ts";
import { type Start, startRun } from "#lib/train/start_run.ts";
import { checkpointOf } from "#lib/train/training_state.ts";
import { prepareTiny, type TinyFiles, withTinyFiles } from "./tiny_training.ts";

/** Starts or resumes the run `<root>/run`. */
function start(
  prepared: Prepared,
  { root }: TinyFiles,
  options: Partial<Parameters<typeof startRun>[1]> = {},
): Promise<Start> {
  const { model, dataset, settings } = prepared;
  return startRun(prepared, {
    out: `${root}/run`,
    optimizer: optimizerNamed(settings.optimizer, settings),
    weights: () => startingWeights(model, dataset, settings),
    ...options,
  });
}

const free = ({ state }: Start) =>
  tf.dispose([state.parameters, state.optimizer.tensors]);

Deno.test("startRun() begins at step 0 and writes every setting", async () => {
  await withTinyFiles(async (files) => {
    const prepared = await prepareTiny(files, { engine: "reference" });
    const begun = await start(prepared, files);
    assertEquals(begun.step, 0);
    assertEquals(begun.says, `Starts at step 0 in ${files.root}/run`);
    assertEquals(begun.state.parameters["head.weight"]?.shape, [16, 16]);
    const path = `${files.root}/run/settings.json`;
    assertEquals(JSON.parse(await Deno.readTextFile(path)), prepared.settings);
    free(begun);
  });
});

Deno.test("startRun() refuses a folder that holds a run, unless it is to go on", async () => {
  await withTinyFiles(async (files) => {
    const prepared = await prepareTiny(files, { engine: "reference" });
    free(await start(prepared, files));
    await assertRejects(
      () => start(prepared, files),
      Deno.errors.AlreadyExists,
      "go on with it (--resume) or give another folder (--out)",
    );
  });
});

Deno.test("startRun() resumes at step 0 where there is no complete checkpoint, and says so", async () => {
  await withTinyFiles(async (files) => {
    const prepared = await prepareTiny(files, { engine: "reference" });
    const run = `${files.root}/run`;
    const absent = await start(prepared, files, { resume: true });
    assertEquals(absent.step, 0);
    assertEquals(
      absent.says,
      `No complete checkpoint in ${run}: starts at step 0`,
    );
    await Deno.mkdir(`${run}/checkpoint-000005.tmp-0123abcd`);
    await Deno.mkdir(`${run}/checkpoint-000009`);
    const incomplete = await start(prepared, files, { resume: true });
    assertStringIncludes(incomplete.says, "No complete checkpoint");
    [absent, incomplete].forEach(free);
  });
});

Deno.test("startRun() resumes the latest checkpoint, bit for bit", async () => {
  await withTinyFiles(async (files) => {
    const prepared = await prepareTiny(files, { engine: "reference" });
    const begun = await start(prepared, files);
    const run = `${files.root}/run`;
    for (const step of [3, 10]) {
      await writeCheckpoint(run, checkpointOf(begun.state, step));
    }
    const resumed = await start(prepared, files, {
      resume: true,
      weights: () => {
        throw new RangeError("no weights are needed");
      },
    });
    assertEquals(resumed.step, 10);
    assertEquals(
      resumed.says,
      `Resumes at step 10 from ${run}/checkpoint-000010`,
    );
    for (const [name, tensor] of Object.entries(begun.state.parameters)) {
      assertEquals(read(resumed.state.parameters[name]!), read(tensor));
    }
    [begun, resumed].forEach(free);
  });
});

Deno.test("startRun() refuses to resume with other settings, naming each", async () => {
  await withTinyFiles(async (files) => {
    free(await start(await prepareTiny(files, { engine: "reference" }), files));
    const other = await prepareTiny(files, {
      engine: "reference",
      seed: 2,
      "learning-rate": 0.5,
    });
    const error = await assertRejects(
      () => start(other, files, { resume: true }),
      RangeError,
      "Cannot resume",
    );
    assertStringIncludes(error.message, "seed 2 instead of 1");
    assertStringIncludes(error.message, "learningRate 0.5 instead of 0.01");
  });
});

Deno.test("startRun() leaves no run behind when its weights cannot be made", async () => {
  await withTinyFiles(async (files) => {
    const prepared = await prepareTiny(files, { engine: "reference" });
    const weights = () => {
      throw new RangeError("Cannot make a head");
    };
    await assertRejects(
      () => start(prepared, files, { weights }),
      RangeError,
      "Cannot make a head",
    );
    free(await start(prepared, files));
  });
});
