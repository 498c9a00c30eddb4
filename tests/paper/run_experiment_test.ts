import "#tests/support/permitted.ts";
import { assertEquals, assertRejects } from "@std/assert";
import { loadResults } from "#lib/paper/load_results.ts";
import { planExperiment, runExperiment } from "#lib/paper/run_experiment.ts";
import { readLedger } from "#lib/store/results/ledger.ts";
import { ENGINE, ITEMS, toyExperiment } from "./toy_experiment.ts";

/** Options of a run in a folder of its own. */
function optionsIn(folder: string) {
  return {
    scale: "smoke",
    seeds: 2,
    ledger: `${folder}/ledger`,
    work: `${folder}/work`,
    engine: ENGINE,
    commit: "unknown",
  } as const;
}

async function inFolder(of: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await of(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("runExperiment() runs each arm and seed once, then the baseline's twins", () =>
  inFolder(async (folder) => {
    const ran: string[] = [];
    const experiment = toyExperiment({
      onArm: (arm, seed) => ran.push(`${arm} ${seed}`),
    });
    assertEquals(await runExperiment(experiment, optionsIn(folder)), 8);
    assertEquals(ran, [
      ...[1, 2].flatMap((seed) =>
        ["a", "same", "better"].map((arm) => `${arm} ${seed}`)
      ),
      ...["a 1001", "a 1002"],
    ]);
    assertEquals(await runExperiment(experiment, optionsIn(folder)), 0);
    assertEquals(ran.length, 8);
  }));

Deno.test("runExperiment() goes on with what the ledger lacks after an interruption", () =>
  inFolder(async (folder) => {
    const whole: string[] = [];
    await runExperiment(toyExperiment(), optionsIn(`${folder}/whole`));
    const stopped = toyExperiment({
      onArm: (arm, seed) => {
        whole.push(`${arm} ${seed}`);
        if (whole.length === 5) throw new DOMException("stop", "AbortError");
      },
    });
    const options = optionsIn(`${folder}/parts`);
    await assertRejects(() => runExperiment(stopped, options), DOMException);
    assertEquals((await readLedger(options.ledger, "TOY-1")).length, 4);
    const plan = await planExperiment(toyExperiment(), options);
    assertEquals(
      plan.map(({ seed, arms }) => [seed, arms.map(({ name }) => name)]),
      [
        [2, ["same", "better"]],
        [1001, ["a"]],
        [1002, ["a"]],
      ],
    );
    await runExperiment(toyExperiment(), options);
    const [one, other] = await Promise.all(
      ["whole", "parts"].map((part) =>
        readLedger(`${folder}/${part}/ledger`, "TOY-1")
      ),
    );
    const essence = (entries: typeof one) =>
      entries!.map((
        { row, values },
      ) => [row.arm, row.seed, row.measures, values]);
    assertEquals(essence(other), essence(one));
  }));

Deno.test("runExperiment() keeps the value of every item", () =>
  inFolder(async (folder) => {
    const options = optionsIn(folder);
    await runExperiment(toyExperiment(), options);
    const [entry] = await readLedger(options.ledger, "TOY-1");
    assertEquals(entry!.values.items, ITEMS);
    assertEquals(entry!.row.items, ITEMS.length);
  }));

Deno.test("loadResults() leaves out rows of other settings and tells how many", () =>
  inFolder(async (folder) => {
    const options = optionsIn(folder);
    await runExperiment(toyExperiment(), options);
    const changed = toyExperiment({
      levels: { a: 0, same: 0.002, better: 0.1 },
    });
    const { arms, stale } = await loadResults(changed, options);
    assertEquals(stale, 2);
    assertEquals([...arms].map(([name, { size }]) => [name, size]), [
      ["a", 4],
      ["same", 0],
      ["better", 2],
    ]);
    assertEquals(
      (await planExperiment(changed, options)).map(({ arms }) => arms.length),
      [1, 1],
    );
  }));

Deno.test("runExperiment() refuses an arm that was not asked for", () =>
  inFolder(async (folder) => {
    const experiment = toyExperiment();
    const stranger = {
      ...experiment,
      run: async function* () {
        yield* await Promise.resolve([{
          arm: "x",
          values: { items: ["q"], values: { score: [1] } },
        }]);
      },
    };
    await assertRejects(
      () => runExperiment(stranger, optionsIn(folder)),
      RangeError,
      "Cannot keep a result of TOY-1: expected one of the arms a, same, better, got x",
    );
  }));
