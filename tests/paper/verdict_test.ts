import "#tests/support/permitted.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { crossedBootstrap } from "#lib/num/crossed_bootstrap.ts";
import {
  differenceTable,
  loadResults,
  type Results,
} from "#lib/paper/load_results.ts";
import { experimentSeeds, twinSeed } from "#lib/paper/noise_seeds.ts";
import { runExperiment } from "#lib/paper/run_experiment.ts";
import { noiseOf, verdictsOf } from "#lib/paper/verdict.ts";
import { armMeans, verdictTable } from "#lib/report/experiment_tables.ts";
import { ENGINE, toyExperiment } from "./toy_experiment.ts";

/** The toy's results with so many seeds. */
async function resultsOf(
  seeds: number,
  levels?: Readonly<Record<string, number>>,
): Promise<Results> {
  const folder = await Deno.makeTempDir();
  try {
    const experiment = toyExperiment(levels ? { levels } : {});
    await runExperiment(experiment, {
      ...{
        scale: "smoke",
        seeds,
        ledger: folder,
        work: folder,
        engine: ENGINE,
        commit: "unknown",
      },
    });
    return await loadResults(experiment, { scale: "smoke", ledger: folder });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const answersOf = (results: Results) =>
  Object.fromEntries(
    verdictsOf(results).map(({ claim, answer }) => [claim.id, answer]),
  );

Deno.test("verdictsOf() decides by the rule of evidence when there are five seeds", async () => {
  assertEquals(answersOf(await resultsOf(5)), {
    more: "holds",
    wrong: "fails",
    same: "holds",
    "not-same": "fails",
    always: "holds",
    broken: "fails",
  });
});

Deno.test("verdictsOf() decides nothing below five seeds, but for an exception", async () => {
  const results = await resultsOf(4);
  assertEquals(answersOf(results), {
    more: "undecided",
    wrong: "undecided",
    same: "undecided",
    "not-same": "undecided",
    always: "undecided",
    broken: "fails",
  });
  const [more] = verdictsOf(results);
  assertEquals([more!.seeds, more!.items, more!.p], [4, 40, undefined]);
  assertAlmostEquals(more!.effect!, 0.1, 0.01);
});

Deno.test("verdictsOf() leaves undecided what noise could have done", async () => {
  const answers = answersOf(
    await resultsOf(5, { a: 0, same: 0.019, better: 0 }),
  );
  assertEquals([answers.more, answers.wrong, answers.same], [
    "undecided",
    "undecided",
    "undecided",
  ]);
});

Deno.test("verdictsOf() takes p and interval from the crossed bootstrap, and Holm's correction", async () => {
  const results = await resultsOf(5);
  const { table } = differenceTable(results, {
    arm: "better",
    than: "a",
    measure: "score",
  });
  const found = verdictsOf(results)[0]!;
  assertAlmostEquals(found.effect!, crossedBootstrap(table).mean, 1e-12);
  assert(
    found.interval!.low < found.effect! && found.effect! < found.interval!.high,
  );
  // The least p of 10,000 draws is 2 / 10,001; four tests raise it at most fourfold.
  assert(found.p! > 2 / 10_001 && found.p! <= 8 / 10_001 + 1e-12);
});

Deno.test("noiseOf() compares the baseline with its twins", async () => {
  const results = await resultsOf(5);
  const noise = noiseOf(results, "score")!;
  assertEquals(noise.seeds, 5);
  const { table } = differenceTable(results, {
    arm: "a",
    than: "a",
    measure: "score",
    twins: true,
  });
  const direct = table.flat().reduce((sum, value) => sum + value, 0) / 200;
  assertAlmostEquals(noise.difference, direct, 1e-12);
  // A seed moves an arm by 0.02: two of them apart by 0.028, over five pairs 0.013.
  assert(noise.smallest > 0.02 && noise.smallest < 0.2, `${noise.smallest}`);
  assertEquals(noiseOf(await resultsOf(1), "score"), undefined);
});

Deno.test("differenceTable() refuses a measure that a row lacks", async () => {
  const results = await resultsOf(1);
  assertThrows(
    () => differenceTable(results, { arm: "a", than: "same", measure: "mrr" }),
    RangeError,
    "Cannot compare arms: expected the measure mrr, got a row of a without it",
  );
});

Deno.test("armMeans() is over the seeds of the comparison, not the twins", async () => {
  const means = armMeans(await resultsOf(2));
  assertEquals(means.map(({ arm, seeds }) => [arm, seeds]), [["a", 2], [
    "same",
    2,
  ], ["better", 2]]);
});

Deno.test("verdictTable() shows what was wanted and what came", async () => {
  const { text } = verdictTable(verdictsOf(await resultsOf(1)));
  for (const words of ["above 0", "within 0.02", "at least -9", "undecided"]) {
    assert(text.includes(words), words);
  }
});

Deno.test("experimentSeeds() refuses what is no number of seeds", () => {
  for (const count of [0, 1.5, 1000]) {
    assertThrows(
      () => experimentSeeds(count),
      RangeError,
      `from 1 to 999, got ${count}`,
    );
  }
  assertEquals(
    new Set([...experimentSeeds(999), ...experimentSeeds(999).map(twinSeed)])
      .size,
    1998,
  );
});
