import "#tests/support/permitted.ts";
import { assertEquals, assertRejects } from "@std/assert";
import { type PeerOptions, startPeer } from "#lib/cli/bench/peer.ts";
import { FAKE_PEER } from "./fake_peer_command.ts";

const SETTINGS = { queries: ["who", "where"], learningRate: 3e-5, threads: 1 };

/** Calls back with options that start the fake peer, in a folder of their own. */
async function withOptions(
  run: (options: PeerOptions) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const program = { environment: ".venv", script: "pylate_step.py" } as const;
  await run({ name: "PyLate", program, folder, command: FAKE_PEER });
  await Deno.remove(folder, { recursive: true });
}

Deno.test("startPeer() takes a turn each time it is asked and sums up at the end", async () => {
  await withOptions(async (options) => {
    const peer = await startPeer(SETTINGS, options);
    assertEquals(await peer.take(), { seconds: 0.5, loss: 2 });
    assertEquals(await peer.take(), { seconds: 0.5 });
    const { turns, rate } = await peer.end();
    assertEquals([turns, rate], [2, 3e-5]);
    peer.stop();
  });
});

Deno.test("startPeer() throws the peer's last words when it dies", async () => {
  await withOptions(async (options) => {
    const peer = await startPeer({ ...SETTINGS, threads: 13 }, options);
    await peer.take();
    await assertRejects(
      () => peer.take(),
      RangeError,
      "Cannot time PyLate: expected an answer a turn, got its end: Traceback; MemoryError: no memory left",
    );
  });
});

Deno.test("startPeer() can be stopped between two turns", async () => {
  await withOptions(async (options) => {
    const peer = await startPeer(SETTINGS, options);
    peer.stop();
    await assertRejects(() => peer.take(), RangeError, "got its end");
  });
});

Deno.test("startPeer() says how to make the environment when it is not there", async () => {
  await withOptions(async (options) => {
    const absent = { ...options, command: [`${options.folder}/python`] };
    await assertRejects(
      () => startPeer(SETTINGS, absent),
      Deno.errors.NotFound,
      "Cannot start PyLate: expected",
    );
  });
});
