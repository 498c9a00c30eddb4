import "#tests/support/permitted.ts";
import { writeCheckpoint } from "#lib/store/run/checkpoint.ts";
import { openMetrics } from "#lib/store/run/metrics_log.ts";
import {
  createRun,
  readRunSettings,
  resumeRun,
} from "#lib/store/run/run_folder.ts";
import { assertEquals, assertRejects } from "@std/assert";
import {
  failingFileSystem,
  inTemporaryFolder,
  namesIn,
} from "../failing_file_system.ts";

const settings = {
  seed: 1,
  model: "use-lite",
  form: { length: 32, kind: "none" },
};

Deno.test("createRun() writes every setting, and refuses a folder that holds a run", async () => {
  await inTemporaryFolder(async (parent) => {
    const run = `${parent}/a/b`;
    await createRun(run, settings);
    assertEquals(await readRunSettings(run), settings);
    await assertRejects(
      () => createRun(run, settings),
      Deno.errors.AlreadyExists,
      "got a run; go on with it (--resume) or give another folder (--out)",
    );
  });
});

Deno.test("createRun() refuses a folder whose model the run would replace", async () => {
  await inTemporaryFolder(async (run) => {
    await Deno.mkdir(`${run}/model`);
    for (const begin of [createRun, resumeRun]) {
      await assertRejects(
        () => begin(run, settings),
        Deno.errors.AlreadyExists,
        "expected a folder without model, which the run would replace, got one",
      );
    }
    assertEquals(namesIn(run), ["model"]);
  });
});

Deno.test("createRun() can be repeated by resumeRun() when killed at any operation", async () => {
  let finished = false;
  for (let at = 0; !finished; at++) {
    await inTemporaryFolder(async (parent) => {
      const run = `${parent}/run`;
      const { fileSystem } = failingFileSystem(at, "killed");
      finished = await createRun(run, settings, { fileSystem }).then(
        () => true,
        () => false,
      );
      assertEquals(await resumeRun(run, settings), { checkpoint: undefined });
      assertEquals(await readRunSettings(run), settings);
      assertEquals(namesIn(run), ["settings.json"]);
    });
  }
});

Deno.test("resumeRun() finds the latest checkpoint and removes half-finished writes", async () => {
  await inTemporaryFolder(async (run) => {
    await createRun(run, settings);
    await writeCheckpoint(run, { step: 5, tensors: {}, state: null });
    await Deno.mkdir(`${run}/checkpoint-000010.tmp-01234567`);
    const reordered = {
      form: { kind: "none", length: 32 },
      model: "use-lite",
      seed: 1,
    };
    const { checkpoint } = await resumeRun(run, reordered);
    assertEquals(checkpoint, { step: 5, folder: `${run}/checkpoint-000005` });
    assertEquals(namesIn(run), ["checkpoint-000005", "settings.json"]);
  });
});

Deno.test("resumeRun() names every changed setting", async () => {
  await inTemporaryFolder(async (run) => {
    await createRun(run, settings);
    await assertRejects(
      () => resumeRun(run, { ...settings, seed: 2, extra: true }),
      RangeError,
      "seed 2 instead of 1, extra true instead of nothing",
    );
    const { seed: _, ...without } = settings;
    await assertRejects(
      () => resumeRun(run, without),
      RangeError,
      "seed nothing instead of 1",
    );
    await resumeRun(run, { ...settings, seed: 2 }, { mayDiffer: ["seed"] });
  });
});

Deno.test("resumeRun() refuses settings that are no JSON", async () => {
  await inTemporaryFolder(async (run) => {
    await Deno.writeTextFile(`${run}/settings.json`, '{"seed":');
    await assertRejects(
      () => resumeRun(run, settings),
      SyntaxError,
      "settings.json: expected JSON",
    );
    await Deno.writeTextFile(`${run}/settings.json`, "[1]");
    await assertRejects(
      () => resumeRun(run, settings),
      SyntaxError,
      "expected a JSON object, got [1]",
    );
  });
});

/** Opens a log over a text, and says what it was cut to. */
async function cutTo(text: string, step: number): Promise<string> {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, text);
    (await openMetrics(path, step)).close();
    return await Deno.readTextFile(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("openMetrics() cuts the log back to the step, at every length of a torn file", async () => {
  const lines = [1, 2, 3, 4].map((step) =>
    JSON.stringify({ step, loss: 0.5 }) + "\n"
  );
  const whole = lines.join("");
  for (let length = 0; length <= whole.length; length++) {
    const complete = Math.floor(length / lines[0]!.length);
    const expected = lines.slice(0, Math.min(complete, 3)).join("");
    assertEquals(await cutTo(whole.slice(0, length), 3), expected);
  }
});

Deno.test("openMetrics() makes the file, appends lines and can be synced", async () => {
  await inTemporaryFolder(async (run) => {
    const path = `${run}/metrics.jsonl`;
    {
      using log = await openMetrics(path, 0);
      log.append({ step: 1 });
      await log.sync();
      log.append({ step: 2 });
    }
    assertEquals(await Deno.readTextFile(path), '{"step":1}\n{"step":2}\n');
  });
});

Deno.test("openMetrics() refuses a faulty line that is to stay, and names it", async () => {
  await assertRejects(
    () => cutTo('{"step":1}\nhello\n{"step":2}\n', 2),
    SyntaxError,
    ":2: expected a JSON object with a step",
  );
});

Deno.test("openMetrics() names the path when its folder is not there", async () => {
  await assertRejects(
    () => openMetrics("none/at/all", 0),
    Deno.errors.NotFound,
    "Cannot write none/at/all",
  );
});
