import "#tests/support/permitted.ts";
import {
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import {
  type Contest,
  DisagreementError,
  runContest,
} from "#lib/cli/bench/contest.ts";
import { encodeContest } from "#lib/cli/bench/encode.ts";
import { maxSimContest } from "#lib/cli/bench/max_sim.ts";
import type { BenchmarkName } from "#lib/cli/bench/flags.ts";
import { type BenchSettings, benchSettings } from "#lib/cli/bench/settings.ts";
import { trainStepContest } from "#lib/cli/bench/train_step.ts";
import {
  type TinyData,
  tinyData,
  writeTinyData,
} from "#tests/support/tiny_data.ts";
import { writeTinyModel } from "#tests/support/tiny_model.ts";
import { FAKE_PEER } from "./fake_peer_command.ts";

const SMALL = { engine: "reference", steps: 1, dim: 8, "document-length": 16 };

/** The tiny data with a full stop in each document, which is encoded but not scored. */
const PUNCTUATED: TinyData = {
  ...tinyData(),
  corpus: tinyData().corpus.map((one) => ({
    ...one,
    text: one.text.replace(" ", " . "),
  })),
};

/** Settings that start the fake peer, and where the tiny model and data are. */
async function withSettings(
  name: BenchmarkName,
  given: Readonly<Record<string, string | number | boolean>>,
  run: (settings: BenchSettings) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const folders = name === "max-sim" ? {} : {
    model: await writeTinyModel(`${folder}/model`),
    data: await writeTinyData(`${folder}/data`, PUNCTUATED),
  };
  const settings = benchSettings(name, { ...SMALL, ...folders, ...given });
  await run({ ...settings, peerCommand: FAKE_PEER });
  await Deno.remove(folder, { recursive: true });
}

Deno.test("runContest() of max-sim agrees with the definition, computed elsewhere from the same files", async () => {
  const small = { queries: 2, documents: 5, "query-length": 4 };
  const given = { ...small, against: "torch,maxsim-cpu" };
  await withSettings("max-sim", given, async (settings) => {
    const result = await runContest(await maxSimContest(settings), settings);
    assertEquals(Object.keys(result.peers), ["torch", "maxsim-cpu"]);
    const { ratio, seconds, difference } = result.peers.torch!;
    assertEquals(seconds, [0.5, 0.5]);
    assertEquals(ratio, 0.5 / result.medianSeconds);
    assertEquals(result.ratio, ratio);
    // the other side writes its scores in 32 bits, 1e-7 of 4 tokens' sum
    assertAlmostEquals(difference, 0, 1e-6);
  });
});

Deno.test("runContest() of encode agrees with texts encoded one by one from the saved model", async () => {
  const given = { texts: 6, against: "pylate", "query-length": 8 };
  await withSettings("encode", given, async (settings) => {
    const result = await runContest(await encodeContest(settings), settings);
    assertAlmostEquals(result.peers.pylate!.difference, 0, 1e-6);
    assertEquals(
      result.tokensPerSecond,
      result.tokens / result.medianSeconds,
    );
  });
});

Deno.test("runContest() tells no time when a vector differs", async () => {
  const given = { texts: 2, batch: 1, against: "pylate", "query-length": 8 };
  await withSettings("encode", given, async (settings) => {
    const contest = await encodeContest(settings);
    await assertRejects(
      () => runContest(contest, settings),
      DisagreementError,
      "Cannot compare the times: expected every token's vector of pylate within 0.0001 of ours, got 0.5",
    );
  });
});

Deno.test("runContest() of train-step holds first losses against each other unless masks are random", async () => {
  const given = { ways: 2, "query-length": 8, against: "pylate" };
  await withSettings("train-step", given, async (settings) => {
    const contest = await trainStepContest(settings);
    await assertRejects(
      () => runContest(contest, settings),
      DisagreementError,
      "expected the first loss of pylate within 0.01 of ours",
    );
  });
  await withSettings("train-step", { ...given, dropout: 0.1 }, async (at) => {
    const { losses, peers } = await runContest(await trainStepContest(at), at);
    assertEquals([losses!.length, peers.pylate!.losses], [2, [4]]);
  });
});

Deno.test("runContest() stops its peers and cleans up when it is interrupted", async () => {
  const given = { queries: 1, documents: 2, against: "torch" };
  await withSettings("max-sim", given, async (settings) => {
    const contest: Contest = await maxSimContest(settings);
    let folder = "";
    const watched: Contest = {
      ...contest,
      settingsFor: (peer, at) => contest.settingsFor(peer, folder = at),
    };
    await assertRejects(
      () => runContest(watched, settings, AbortSignal.abort()),
      DOMException,
    );
    assertThrows(() => Deno.statSync(folder), Deno.errors.NotFound);
  });
});
