import "#tests/support/permitted.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { tf } from "#lib/engine/tensor.ts";
import { loadTeacher } from "#lib/teach/live_teacher.ts";
import {
  overruled,
  phasedSettings,
  settingsOfPhase,
} from "#lib/train/phases.ts";
import { prepareTraining } from "#lib/train/prepare.ts";
import { train } from "#lib/train/train.ts";
import { preparePhases, trainPhases } from "#lib/train/train_phases.ts";
import { resultDigests, stepsOf } from "#tests/support/kill_and_resume.ts";
import { asFlags, runJson } from "#tests/support/run_task.ts";
import {
  TINY_SETTINGS,
  type TinyFiles,
  withTinyFiles,
} from "./tiny_training.ts";

/** ColBERT-Zero's phases in small: unlabelled, hard negatives, distillation. */
function chainOf({ model, data }: TinyFiles) {
  const shared = {
    ...{ model, data, engine: "wasm", steps: 4, dropout: 0.1 },
    "save-every": 2,
  };
  const phases = [
    {
      loss: "contrastive",
      negatives: "none",
      ways: 1,
      chunk: 5,
      "query-form": "none",
    },
    {
      loss: "contrastive",
      negatives: "bm25",
      ways: 3,
      optimizer: "schedule-free-adamw",
      steps: 3,
    },
    { loss: "kl", ways: 3, "learning-rate": 0.002, accumulate: 2 },
  ];
  // Only the first phase names a form; the others take it over from its model.
  const tiny = { ...TINY_SETTINGS, "query-form": undefined };
  const json = { ...tiny, ...shared, phases };
  return phasedSettings(JSON.parse(JSON.stringify(json)), "phases.json");
}

/** Gives every training query a tuple with scores. */
function addTuples({ data }: TinyFiles): void {
  const lines = Array.from(
    { length: 24 },
    (_, i) =>
      JSON.stringify([`q${i}`, [`d${i}`, 9], ["d30", 2], ["d31", i / 8]]),
  );
  Deno.writeTextFileSync(`${data}/tuples.jsonl`, lines.join("\n") + "\n");
}

Deno.test("phasedSettings() reads settings with and without phases", () => {
  assertEquals(phasedSettings({ steps: 3 }, "s.json"), {
    shared: { steps: 3 },
    phases: [],
  });
  const phases = [{ learningRate: 0.1 }, {}];
  assertEquals(phasedSettings({ seed: 2, phases }, "s.json"), {
    shared: { seed: 2 },
    phases: [{ "learning-rate": 0.1 }, {}],
  });
});

Deno.test("phasedSettings() names the phase of a fault", () => {
  const read = (phases: unknown) => () => phasedSettings({ phases }, "s.json");
  for (const phases of [[], {}, 3, null]) {
    assertThrows(
      read(phases),
      SyntaxError,
      "Cannot read s.json: expected phases as a list of at least one object of settings, got ",
    );
  }
  assertThrows(
    read([{}, 7]),
    SyntaxError,
    "Cannot read phase 2 of s.json: expected one JSON object of settings, got 7",
  );
  assertThrows(
    read([{ lossy: "kl" }]),
    RangeError,
    'Cannot use "lossy" of phase 1 of s.json: expected a known name, got an unknown one; did you mean loss?',
  );
  assertThrows(
    read([{}, { model: "x" }]),
    RangeError,
    'Cannot use "model" of phase 2 of s.json: expected settings of one phase, got one of the whole chain; put it beside "phases"',
  );
});

Deno.test("settingsOfPhase() puts a phase over what is shared, and flags over both", () => {
  const chain = { shared: { seed: 1, steps: 9 }, phases: [{ steps: 2 }, {}] };
  assertEquals(settingsOfPhase(chain, 0), { seed: 1, steps: 2 });
  assertEquals(settingsOfPhase(chain, 1, { model: "m" }), {
    ...{ seed: 1, steps: 9, model: "m" },
  });
  const flagged = overruled(chain, { steps: 5 });
  assertEquals(settingsOfPhase(flagged, 0), { seed: 1, steps: 5 });
});

Deno.test("trainPhases() is each phase trained by hand from the model before it", async () => {
  await withTinyFiles(async (files) => {
    addTuples(files);
    const chain = chainOf(files);
    const out = `${files.root}/chain`;
    const says: string[] = [];
    const held = tf.memory().numTensors;
    const prepared = await preparePhases(chain, { out });
    const phases = await trainPhases(prepared, {
      out,
      say: (line) => says.push(line),
    });
    assertEquals(phases.map(({ prepared: { settings } }) => settings.loss), [
      "contrastive",
      "contrastive",
      "kl",
    ]);
    assertEquals(phases.map(({ trained }) => trained.steps), [4, 3, 4]);
    assertEquals(says.filter((line) => line.startsWith("Phase")), [
      "Phase 1 of 3",
      "Phase 2 of 3",
      "Phase 3 of 3",
    ]);
    const [first, , last] = phases.map(({ trained }) => trained.outcome);
    assertEquals(
      last!.evaluations.untrained.mean,
      first!.evaluations.untrained.mean,
      "every phase is held against the model that the chain began with",
    );
    assertEquals(phases[2]!.prepared.settings.queryForm, "none");

    let model = files.model;
    for (const [i, name] of ["one", "two", "three"].entries()) {
      const settings = prepared.planned[i - 1]?.settings;
      const given = settingsOfPhase(chain, i, { settings, model });
      const hand = `${files.root}/${name}`;
      await train(await prepareTraining(given), { out: hand });
      model = `${hand}/model`;
      assertEquals(
        Deno.readFileSync(`${out}/phase-${i + 1}/model/model.safetensors`),
        Deno.readFileSync(`${model}/model.safetensors`),
        name,
      );
    }
    assertEquals(tf.memory().numTensors, held);
  });
});

Deno.test("trainPhases(), stopped in each phase and resumed, ends with the bits of a chain that was not", async () => {
  await withTinyFiles(async (files) => {
    addTuples(files);
    const chain = chainOf(files);
    const start = async (out: string, stopAt: number, resume: boolean) => {
      const stop = new AbortController();
      let steps = 0;
      const prepared = await preparePhases(chain, { out });
      return await trainPhases(prepared, {
        ...{ out, resume, signal: stop.signal },
        onStep: () => void (++steps === stopAt && stop.abort()),
      });
    };
    const [straight, halting] = [`${files.root}/a`, `${files.root}/b`];
    await start(straight, Infinity, false);
    await assertRejects(() => start(halting, 1, false), DOMException);
    await assertRejects(() => start(halting, 4, true), DOMException);
    await assertRejects(() => start(halting, 3, true), DOMException);
    const rest = await start(halting, Infinity, true);
    assertEquals(rest.length, 1, "finished phases are not trained again");
    assertEquals(await resultDigests(halting), await resultDigests(straight));
    assertEquals(stepsOf(halting), stepsOf(straight));

    await assertRejects(
      () => start(halting, Infinity, false),
      Deno.errors.AlreadyExists,
      "Cannot begin a run in",
    );
    const other = overruled(chain, { seed: 9 });
    await assertRejects(
      async () =>
        await trainPhases(await preparePhases(other, { out: halting }), {
          out: halting,
          resume: true,
        }),
      RangeError,
      "seed 9 instead of nothing",
    );
  });
});

Deno.test("preparePhases() finds a fault of the last phase before the first begins", async () => {
  await withTinyFiles(async (files) => {
    const out = `${files.root}/chain`;
    // There are no tuples with scores to distil.
    await assertRejects(
      () => preparePhases(chainOf(files), { out }),
      RangeError,
      "Cannot use --loss kl: expected teacher scores",
    );
    assertEquals([...Deno.readDirSync(files.root)].length, 2);
  });
});

Deno.test("trainPhases() loads the teacher of a phase for that phase alone", async () => {
  await withTinyFiles(async (files) => {
    const { model, data, root } = files;
    const shared = { ...TINY_SETTINGS, model, data, engine: "wasm", steps: 2 };
    const teacher = `${root}/teacher/model`;
    await train(await prepareTraining(shared), {
      out: `${root}/teacher`,
    });
    const chain = { shared, phases: [{ loss: "pairwise" }, { teacher }] };
    const out = `${root}/two`;
    const asked: string[] = [];
    const phases = await trainPhases(await preparePhases(chain, { out }), {
      out,
      teacherOf: async (folder) => {
        asked.push(folder);
        return await loadTeacher(folder);
      },
    });
    assertEquals(asked, [teacher]);
    assertEquals(phases[1]!.prepared.settings.loss, "kl");
  });
});

Deno.test("train --settings with phases plans them, trains them, and goes on without the file", async () => {
  await withTinyFiles(async ({ root, model, data }) => {
    const settings = `${root}/phases.json`;
    const phases = [{ loss: "pairwise", steps: 50 }, { ways: 3 }];
    const content = { ...TINY_SETTINGS, model, data, phases };
    Deno.writeTextFileSync(settings, JSON.stringify(content));
    const out = `${root}/run`;
    const words = asFlags({ settings, out, steps: 2 });
    const dry = await runJson("train", [...words, "--dry-run"]);
    assertEquals(dry.run, out);
    assertEquals(
      dry.phases.map(({ settings }: { settings: Record<string, unknown> }) => [
        settings.loss,
        settings.steps,
        settings.ways,
      ]),
      [["pairwise", 2, 2], ["contrastive", 2, 3]],
    );
    const trained = await runJson("train", words);
    assertEquals(
      [trained.run, trained.model, trained.phases.length],
      [out, `${out}/phase-2/model`, 2],
    );
    assert(Number.isFinite(trained.after.ndcg_cut_10));
    const again = await runJson("train", [...asFlags({ out }), "--resume"]);
    assertEquals(again.after, trained.after);
    assertStringIncludes(
      Deno.readTextFileSync(`${out}/phase-2/settings.json`),
      '"model": "../phase-1/model"',
    );
  });
});
