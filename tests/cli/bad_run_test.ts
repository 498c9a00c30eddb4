import "#tests/support/permitted.ts";
import {
  assert,
  assertEquals,
  assertGreater,
  assertInstanceOf,
  assertStringIncludes,
} from "@std/assert";
import { trainCommand } from "#lib/cli/train.ts";
import { readCheckpoint } from "#lib/store/run/checkpoint.ts";
import { listCheckpoints } from "#lib/store/run/checkpoint_folders.ts";
import { DiskFullError } from "#lib/store/disk_full_error.ts";
import { asFlags, runTask } from "#tests/support/run_task.ts";
import { mountSmallDisk } from "#tests/support/small_disk.ts";
import {
  TINY_SETTINGS,
  type TinyFiles,
  withTinyFiles,
} from "#tests/train/tiny_training.ts";
import { namesIn, refusalOf, silenced } from "./refusal.ts";

/** Words of a short run on the engine that starts fastest. */
function words(
  { root, model, data }: TinyFiles,
  given: Record<string, string | number | boolean> = {},
): string[] {
  return asFlags({
    ...TINY_SETTINGS,
    engine: "wasm",
    steps: 4,
    "save-every": 2,
    model,
    data,
    out: `${root}/run`,
    ...given,
  }).filter((word) => word !== "true");
}

/** Runs `train` in this process, which must succeed. */
async function trained(args: readonly string[]): Promise<readonly string[]> {
  const { value, lines } = await silenced(() =>
    trainCommand(args, new AbortController().signal)
  );
  assertEquals(value, 0);
  return lines;
}

/** A port that nobody listens to. */
function closedPort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Bytes that the files of a folder take, in whole pages. */
function used(folder: string): number {
  return [...Deno.readDirSync(folder)].map(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    return isDirectory
      ? used(path)
      : 4096 * Math.ceil(Deno.statSync(path).size / 4096);
  }).reduce((a, b) => a + b, 0);
}

/** Turns one bit of a file over. */
function flip(path: string): void {
  const bytes = Deno.readFileSync(path);
  bytes[bytes.length >> 1]! ^= 1;
  Deno.writeFileSync(path, bytes);
}

Deno.test("train stops at a loss that is no number, and leaves only checkpoints that can go on", async () => {
  await withTinyFiles(async (files) => {
    const error = await refusalOf(
      words(files, { "learning-rate": 1e30, clip: 0, "save-every": 1 }),
    );
    assertInstanceOf(error, RangeError);
    assertStringIncludes(error.message, "use a lower --learning-rate");
    const run = `${files.root}/run`;
    const checkpoints = await listCheckpoints(run);
    assertEquals(
      namesIn(run),
      [
        ...checkpoints.map(({ folder }) => folder.slice(run.length + 1)),
        "lock",
        "metrics.jsonl",
        "settings.json",
      ],
    );
    for (const { folder } of checkpoints) {
      const { tensors } = await readCheckpoint(folder);
      const values = Object.values(tensors["parameters"]!).flatMap((
        { values },
      ) => [...values]);
      assert(values.every(Number.isFinite));
    }
  });
});

for (
  const [name, harm, says] of [
    [
      "truncated",
      (path: string) => Deno.truncateSync(path, 1000),
      "1000 (truncated?)",
    ],
    ["altered", flip, "(altered?)"],
    ["without a file", (path: string) => Deno.removeSync(path), "no such file"],
  ] as const
) {
  Deno.test(`train --resume refuses a checkpoint ${name}, and does as it says when that is removed`, async () => {
    await withTinyFiles(async (files) => {
      const run = `${files.root}/run`;
      await trained(words(files));
      const whole = Deno.readFileSync(`${run}/model/model.safetensors`);
      Deno.removeSync(`${run}/model`, { recursive: true });
      const last = `${run}/checkpoint-000004`;
      harm(`${last}/parameters.safetensors`);
      const before = namesIn(run);
      const error = await refusalOf(words(files, { resume: true }));
      assertInstanceOf(error, SyntaxError);
      assertStringIncludes(
        error.message,
        `Cannot read ${last}/parameters.safetensors`,
      );
      assertStringIncludes(error.message, says);
      assertStringIncludes(
        error.message,
        `remove ${last} to go on from the checkpoint before it`,
      );
      assertEquals(namesIn(run), before);

      Deno.removeSync(last, { recursive: true });
      const said = await trained(words(files, { resume: true }));
      assertStringIncludes(
        said.join("\n"),
        `Resumes at step 2 from ${run}/checkpoint-000002`,
      );
      assertEquals(Deno.readFileSync(`${run}/model/model.safetensors`), whole);
    });
  });
}

Deno.test("train refuses the folder of a run unless it goes on with it, and other settings then", async () => {
  await withTinyFiles(async (files) => {
    await trained(words(files));
    const exists = await refusalOf(words(files));
    assertInstanceOf(exists, Deno.errors.AlreadyExists);
    assertStringIncludes(
      exists.message,
      "go on with it (--resume) or give another folder (--out)",
    );
    const changed = await refusalOf(
      words(files, { resume: true, seed: 9, batch: 4 }),
    );
    assertInstanceOf(changed, RangeError);
    assertStringIncludes(changed.message, "seed 9 instead of 1");
    assertStringIncludes(changed.message, "batch 4 instead of 8");
    const model = `${files.root}/run/model`;
    const longer = await refusalOf(
      words(files, { model, dim: 8, out: `${files.root}/two` }),
    );
    assertInstanceOf(longer, RangeError);
    assertStringIncludes(
      longer.message,
      `Cannot load ${model} with vectors of 8: expected 16`,
    );
    flip(`${model}/1_Dense/model.safetensors`);
    const altered = await refusalOf(
      words(files, { model, out: `${files.root}/two` }),
    );
    assertInstanceOf(altered, SyntaxError);
    assertStringIncludes(altered.message, "1_Dense/model.safetensors");
    assertEquals(namesIn(`${files.root}/two`), []);
  });
});

Deno.test("train refuses a run's folder that cannot be one", async () => {
  await withTinyFiles(async (files) => {
    const out = `${files.model}/config.json/run`;
    for (const resume of [false, true]) {
      // Without --resume it is the writing that fails, with it the reading.
      const error = await refusalOf(
        words(files, { out, ...resume && { resume } }),
      );
      assertStringIncludes(
        error.message,
        `Cannot ${resume ? "read" : "write"} ${out}`,
      );
      assertStringIncludes(error.message, "Not a directory");
    }
  });
});

Deno.test("train --resume needs the folder of the run", async () => {
  await withTinyFiles(async (files) => {
    const args = words(files, { resume: true });
    args.splice(args.indexOf("--out"), 2);
    const error = await refusalOf(args);
    assertInstanceOf(error, RangeError);
    assertStringIncludes(
      error.message,
      "Cannot resume: expected the folder of the run in --out",
    );
  });
});

Deno.test("train on a full disk says so, leaves nothing half-written, and goes on when there is room", async () => {
  await withTinyFiles(async (files) => {
    const disk = `${files.root}/disk`;
    Deno.mkdirSync(disk);
    using mounted = mountSmallDisk(disk, 2_000_000);
    if (mounted === undefined) return;
    await trained(words(files));
    const straight = `${files.root}/run/model/model.safetensors`;
    // A checkpoint of the tiny model takes 90 kB, its model 40 kB.
    for (const room of [4_096, 60_000, 150_000, 240_000]) {
      const out = `${disk}/run-${room}`;
      const free = 2_000_000 - used(disk) - room;
      Deno.writeFileSync(`${disk}/filler`, new Uint8Array(free));
      const error = await refusalOf(words(files, { out }));
      assertInstanceOf(error, DiskFullError, String(error));
      assertStringIncludes(error.message, `Cannot write ${out}`);
      assertStringIncludes(error.message, "free some space and run it again");
      assertEquals(namesIn(out).filter((name) => /tmp|old/.test(name)), []);
      for (const { folder } of await listCheckpoints(out)) {
        assertGreater((await readCheckpoint(folder)).step, 0);
      }
      Deno.removeSync(`${disk}/filler`);
      await trained(words(files, { out, resume: true }));
      assertEquals(
        Deno.readFileSync(`${out}/model/model.safetensors`),
        Deno.readFileSync(straight),
      );
    }
  });
});

Deno.test("train says how to give a folder when the hub cannot be reached", async () => {
  await withTinyFiles(async (files) => {
    const { code, stdout, stderr } = await runTask(
      "train",
      words(files, { model: "someone/some-model", engine: "auto" }),
      {
        env: {
          HF_ENDPOINT: `http://127.0.0.1:${closedPort()}`,
          HF_HOME: `${files.root}/cache`,
        },
      },
    );
    assertEquals([code, stdout], [2, ""]);
    assertEquals(stderr.trimEnd().split("\n").length, 1);
    assertStringIncludes(stderr, "error: Cannot ");
    assertStringIncludes(stderr, "someone/some-model");
    assertStringIncludes(stderr, "folder");
    assertEquals(namesIn(`${files.root}/run`), []);
  });
});
