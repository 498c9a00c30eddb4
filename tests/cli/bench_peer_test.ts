import "#tests/support/permitted.ts";
import { assertEquals, assertRejects } from "@std/assert";
import { fileURLToPath } from "node:url";
import { type PyLateOptions, startPyLate } from "#lib/cli/bench_peer.ts";

const FAKE = [Deno.execPath(), "run", "--quiet", "--no-prompt", "--allow-read"]
  .concat(fileURLToPath(new URL("fake_peer.ts", import.meta.url)));
const BATCH = {
  queries: ["who", "where"],
  documents: [["he"], ["there"]],
  scores: [[1], [2]],
};

/** Calls back with options that start the fake peer, in a folder of their own. */
async function withOptions(
  run: (options: PyLateOptions) => Promise<void>,
  queryLength = 32,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const lengths = { queryLength, documentLength: 180, dim: 128 };
  const rest = { dropout: 0, precision: "fp32", threads: 1, command: FAKE };
  await run({ model: "model", folder, ...lengths, ...rest });
  await Deno.remove(folder, { recursive: true });
}

Deno.test("startPyLate() takes a step each time it is asked and sums up at the end", async () => {
  await withOptions(async (options) => {
    const peer = await startPyLate(BATCH, options);
    assertEquals(await peer.take(), { seconds: 0.5, loss: 2 });
    assertEquals(await peer.take(), { seconds: 0.5, loss: 2 });
    const { losses, rate } = await peer.end();
    assertEquals([losses, rate], [[2], 3e-5]);
  });
});

Deno.test("startPyLate() throws PyLate's last words when it dies", async () => {
  await withOptions(async (options) => {
    const peer = await startPyLate(BATCH, options);
    await peer.take();
    await assertRejects(
      () => peer.take(),
      RangeError,
      "Cannot time PyLate: expected an answer a step, got its end: Traceback; MemoryError: no memory left",
    );
  }, 13);
});

Deno.test("startPyLate() says how to make the environment when it is not there", async () => {
  await withOptions(async (options) => {
    const absent = { ...options, command: [`${options.folder}/python`] };
    await assertRejects(
      () => startPyLate(BATCH, absent),
      Deno.errors.NotFound,
      "make_environment.sh",
    );
  });
});
