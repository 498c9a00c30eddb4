import "#tests/support/permitted.ts";
import {
  type Checkpoint,
  readCheckpoint,
  writeCheckpoint,
} from "#lib/store/run/checkpoint.ts";
import {
  checkpointName,
  latestCheckpoint,
} from "#lib/store/run/checkpoint_folders.ts";
import { cleanTemporaries } from "#lib/store/clean_temporaries.ts";
import { DiskFullError } from "#lib/store/disk_full_error.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  failingFileSystem,
  inTemporaryFolder,
  namesIn,
} from "../failing_file_system.ts";

/** A checkpoint of both widths with bits that are easily lost. */
function checkpoint(step: number): Checkpoint {
  const values = Float32Array.of(step, -0, 1e-45, NaN, Infinity, 0.1);
  return {
    step,
    tensors: {
      parameters: { "layer.0.weight": { shape: [2, 3], values } },
      optimizer: {
        "first/layer.0.weight": { shape: [1], values: Float64Array.of(0.1) },
        "second/scalar": { shape: [], values: Float32Array.of(step) },
      },
    },
    state: { streams: [{ name: "batches", words: [1, 2, 3, 4294967295] }] },
  };
}

Deno.test("readCheckpoint() gives back the bits that writeCheckpoint() was given", async () => {
  await inTemporaryFolder(async (run) => {
    const folder = await writeCheckpoint(run, checkpoint(500));
    assertEquals(folder, `${run}/checkpoint-000500`);
    const again = await readCheckpoint(folder);
    assertEquals(again, checkpoint(500));
    const bits = again.tensors.parameters!["layer.0.weight"]!.values;
    assert(Object.is(bits[1], -0));
  });
});

Deno.test("writeCheckpoint() leaves a readable checkpoint when killed at any operation", async () => {
  let finished = false;
  for (let at = 0; !finished; at++) {
    await inTemporaryFolder(async (run) => {
      await writeCheckpoint(run, checkpoint(1));
      await writeCheckpoint(run, checkpoint(2));
      const { fileSystem } = failingFileSystem(at, "killed");
      finished = await writeCheckpoint(run, checkpoint(3), {
        keep: 2,
        fileSystem,
      })
        .then(() => true, () => false);
      await cleanTemporaries(run);
      const latest = (await latestCheckpoint(run))!;
      assert(latest.step === 3 || (latest.step === 2 && !finished));
      assertEquals(
        await readCheckpoint(latest.folder),
        checkpoint(latest.step),
      );
      if (finished) {
        assertEquals(namesIn(run), ["checkpoint-000002", "checkpoint-000003"]);
      }
    });
  }
});

Deno.test("writeCheckpoint() replaces one of the same step whole when killed at any operation", async () => {
  let finished = false;
  for (let at = 0; !finished; at++) {
    await inTemporaryFolder(async (run) => {
      await writeCheckpoint(run, { ...checkpoint(3), state: "old" });
      const { fileSystem } = failingFileSystem(at, "killed");
      finished = await writeCheckpoint(
        run,
        { ...checkpoint(3), state: "new" },
        { fileSystem },
      )
        .then(() => true, () => false);
      await cleanTemporaries(run);
      const { state } = await readCheckpoint(
        (await latestCheckpoint(run))!.folder,
      );
      assert(state === "new" || (state === "old" && !finished));
    });
  }
});

Deno.test("writeCheckpoint() keeps what is there and nothing else when the disk is full", async () => {
  for (let at = 0; at < 9; at++) {
    await inTemporaryFolder(async (run) => {
      await writeCheckpoint(run, checkpoint(1));
      const { fileSystem } = failingFileSystem(at, "disk full");
      await assertRejects(
        () => writeCheckpoint(run, checkpoint(2), { fileSystem }),
        DiskFullError,
        "checkpoint-000002: expected free space",
      );
      assertEquals(namesIn(run), ["checkpoint-000001"]);
    });
  }
});

Deno.test("readCheckpoint() names the file when any file is truncated, altered or missing", async () => {
  const names = [
    "manifest.json",
    "optimizer.safetensors",
    "parameters.safetensors",
    "state.json",
  ];
  for (const name of names) {
    for (const harm of ["truncated", "altered", "missing"] as const) {
      await inTemporaryFolder(async (run) => {
        const folder = await writeCheckpoint(run, checkpoint(1));
        assertEquals(namesIn(folder), names);
        const bytes = await Deno.readFile(`${folder}/${name}`);
        bytes[bytes.length >> 1]! ^= 1;
        if (harm === "missing") await Deno.remove(`${folder}/${name}`);
        else {
          const length = harm === "altered" ? bytes.length : bytes.length - 5;
          await Deno.writeFile(`${folder}/${name}`, bytes.subarray(0, length));
        }
        const error = await readCheckpoint(folder).catch((error) => error);
        assert(error.message.startsWith("Cannot read "), error.message);
        // A bit of the manifest may change what it says of another file.
        if (name !== "manifest.json") {
          assert(
            error.message.startsWith(
              `Cannot read ${folder}/${name}: expected `,
            ),
            error.message,
          );
          assert(
            error.message.includes("to go on from the checkpoint before it"),
          );
        }
      });
    }
  }
});

Deno.test("readCheckpoint() refuses one under the name of another step", async () => {
  await inTemporaryFolder(async (run) => {
    await Deno.rename(
      await writeCheckpoint(run, checkpoint(1)),
      `${run}/checkpoint-000002`,
    );
    await assertRejects(
      () => readCheckpoint(`${run}/checkpoint-000002`),
      SyntaxError,
      "expected the folder checkpoint-000001",
    );
  });
});

Deno.test("latestCheckpoint() passes over incomplete ones, temporaries and other names", async () => {
  await inTemporaryFolder(async (run) => {
    await writeCheckpoint(run, checkpoint(1_000_000));
    for (
      const name of [
        "checkpoint-2000000",
        "checkpoint-3000000.tmp-01234567",
        "checkpoint-x",
      ]
    ) {
      await Deno.mkdir(`${run}/${name}`);
    }
    await Deno.writeTextFile(`${run}/checkpoint-4000000`, "a file");
    assertEquals((await latestCheckpoint(run))?.step, 1_000_000);
  });
});

Deno.test("writeCheckpoint() refuses numbers that JSON would change, and odd names", async () => {
  await inTemporaryFolder(async (run) => {
    const write = (change: Partial<Checkpoint>, keep = 1) =>
      writeCheckpoint(run, { ...checkpoint(1), ...change }, { keep });
    await assertRejects(
      () => write({ state: { loss: NaN } }),
      RangeError,
      'got NaN as "loss"',
    );
    await assertRejects(
      () => write({ tensors: { "../a": {} } }),
      RangeError,
      'got "../a"',
    );
    await assertRejects(
      () => write({}, 0),
      RangeError,
      "expected to keep at least 1, got 0",
    );
    assertEquals(namesIn(run), []);
  });
  assertThrows(() => checkpointName(1.5), RangeError, "got 1.5");
});
