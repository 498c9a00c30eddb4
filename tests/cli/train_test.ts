import "#tests/support/permitted.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertLess,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { asFlags, runJson, runTask } from "#tests/support/run_task.ts";
import {
  TINY_SETTINGS,
  type TinyFiles,
  withTinyFiles,
} from "#tests/train/tiny_training.ts";
import { namesIn } from "./refusal.ts";

/** What every run is measured by. */
const MEASURES = ["ndcg_cut_10", "recall_100", "recip_rank", "success_1"];

/** Words of a run that learns. */
function words(
  { root, model, data }: TinyFiles,
  given: Record<string, string | number> = {},
): string[] {
  const files = { model, data, out: `${root}/run` };
  return asFlags({ ...TINY_SETTINGS, steps: 60, ...files, ...given });
}

/** Asserts that an object has these keys, each a finite number. */
function assertNumbers(
  object: Record<string, unknown>,
  keys: readonly string[],
): void {
  assertEquals(Object.keys(object).sort(), [...keys].sort());
  for (const key of keys) assert(Number.isFinite(object[key]), key);
}

Deno.test("train, search, score and eval agree about a model from beginning to end", async () => {
  await withTinyFiles(async (files) => {
    const { root, data } = files;
    const run = `${root}/run`;
    const trained = await runJson("train", words(files));
    const { baselines, after, p, difference, ...rest } = trained;
    assertEquals([rest.run, rest.model], [run, `${run}/model`]);
    assertEquals([rest.engine, rest.precision], ["onnx", "fp32"]);
    assertEquals([rest.steps, rest.queries], [60, 8]);
    assertEquals(Object.keys(baselines), ["bm25", "untrained"]);
    for (const means of [after, baselines.bm25, baselines.untrained]) {
      assertNumbers(means, MEASURES);
    }
    assertNumbers(p, ["bm25", "untrained"]);
    for (const name of ["bm25", "untrained"]) {
      assertGreater(after.ndcg_cut_10, baselines[name].ndcg_cut_10);
      assertLess(p[name], 0.01);
      assertAlmostEquals(
        difference[name],
        after.ndcg_cut_10 - baselines[name].ndcg_cut_10,
        1e-12,
      );
    }
    for (const name of ["seconds", "tokensPerSecond", "peakMemoryBytes"]) {
      assertGreater(rest[name], 0, name);
    }
    assertEquals(namesIn(run), [
      "checkpoint-000060",
      "lock",
      "metrics.jsonl",
      "model",
      "settings.json",
    ]);

    const trec = `${run}/test.trec`;
    const model = ["--model", rest.model];
    const found = await runJson("search", [
      ...model,
      ...asFlags({ data, split: "test", out: trec }),
    ]);
    assertEquals([found.queries, found.documents, found.run], [8, 40, trec]);
    assert(Number.isFinite(found.seconds));

    const qrels = `${data}/qrels/test.tsv`;
    const measures = "ndcg_cut_10,recip_rank";
    const judged = await runJson(
      "eval",
      asFlags({ run: trec, qrels, measures }),
    );
    assertEquals(judged.queries, 8);
    assertEquals(judged.measures, {
      ndcg_cut_10: after.ndcg_cut_10,
      recip_rank: after.recip_rank,
    });

    const lines = Deno.readTextFileSync(trec).trimEnd().split("\n");
    assertEquals(lines.length, 8 * 40);
    const [query, , document, , score] = lines[0]!.split(" ");
    const text = (file: string, id: string) =>
      Deno.readTextFileSync(`${data}/${file}`).trimEnd().split("\n")
        .map((line) => JSON.parse(line)).find(({ _id }) => _id === id).text;
    Deno.writeTextFileSync(`${root}/q`, `${text("queries.jsonl", query!)}\n`);
    Deno.writeTextFileSync(
      `${root}/d`,
      `${text("corpus.jsonl", document!)}\nold red stone\n`,
    );
    const { scores } = await runJson("score", [
      ...model,
      ...asFlags({ queries: `${root}/q`, documents: `${root}/d` }),
    ]);
    assertEquals([scores.length, scores[0].length], [1, 2]);
    assertAlmostEquals(scores[0][0], Number(score), 1e-5);
    assertLess(scores[0][1], scores[0][0]);
  });
});

Deno.test("train for people ends with the table and three commands to try next", async () => {
  await withTinyFiles(async (files) => {
    const { code, stdout } = await runTask("train", words(files, { steps: 3 }));
    assertEquals(code, 0);
    for (
      const part of [
        "Model    ",
        "Data     ",
        "Training 3 steps of 8 queries x 2 documents",
        "Engine   onnx on ",
        "Expected ",
        "Given    --query-length 12",
        "Starts at step 0 in ",
        "BM25",
        "untrained encoder",
        "8 test queries",
        "paired t test p",
        "ties could make nDCG@10",
      ]
    ) assertStringIncludes(stdout, part);
    const [, next] = stdout.split("Try next:\n");
    const commands = next!.trimEnd().split("\n");
    assertEquals(commands.length, 3);
    for (const command of commands) assertMatch(command, /^ {2}deno task \w+ /);
  });
});

Deno.test("train takes a new head from where the run before kept it, and says so", async () => {
  await withTinyFiles(async (files) => {
    const first = await runJson("train", words(files, { steps: 1 }));
    const out = `${files.root}/again`;
    const again = await runTask("train", words(files, { steps: 1, out }));
    assertEquals(again.code, 0);
    assertMatch(again.stdout, /^Takes head from data\/cache\/kept\/head-/m);
    const lossIn = async (run: string) =>
      JSON.parse(await Deno.readTextFile(`${run}/metrics.jsonl`)).loss;
    assertEquals(await lossIn(out), await lossIn(first.run));
  });
});

Deno.test("train --dry-run shows the plan and begins nothing", async () => {
  await withTinyFiles(async (files) => {
    const { run, settings, plan } = await runJson("train", [
      ...words(files),
      "--dry-run",
    ]);
    assertEquals(run, `${files.root}/run`);
    assertEquals([settings.steps, settings.learningRate], [60, 0.01]);
    const { lines, ...figures } = plan;
    assert(Object.values(figures).every(Number.isFinite));
    assertGreater(lines.length, 4);
    assertEquals(namesIn(files.root), ["data", "model"]);
  });
});

Deno.test("train looks for the teacher of every phase before it trains, also for --dry-run", async () => {
  await withTinyFiles(async (files) => {
    const { root } = files;
    const refused = async (given: readonly string[]) => {
      const all = [...words(files), ...given];
      const { code, stderr } = await runTask("train", all);
      assertEquals(code, 2);
      assertStringIncludes(stderr, `Cannot load model ${root}/nobody`);
      assertEquals(namesIn(root).includes("run"), false);
    };
    await refused(["--dry-run", "--teacher", `${root}/nobody`]);
    const path = `${root}/phases.json`;
    const phases = [{ steps: 1 }, { steps: 1, teacher: `${root}/nobody` }];
    Deno.writeTextFileSync(path, JSON.stringify({ phases }));
    await refused(["--settings", path]);
  });
});

Deno.test("train --settings reads a file whose settings the flags overrule", async () => {
  await withTinyFiles(async (files) => {
    const { root, model, data } = files;
    const path = `${root}/settings.json`;
    const content = {
      ...TINY_SETTINGS,
      model,
      data,
      learningRate: 0.5,
      seed: 4,
    };
    delete (content as Record<string, unknown>)["learning-rate"];
    Deno.writeTextFileSync(path, JSON.stringify(content));
    const { settings } = await runJson("train", [
      ...asFlags({ settings: path, seed: 5 }),
      "--dry-run",
    ]);
    assertEquals(
      [settings.learningRate, settings.seed, settings.queryLength],
      [0.5, 5, 12],
    );
    Deno.writeTextFileSync(path, '{"learning_rate": 1}');
    const { code, stdout, stderr } = await runTask("train", [
      "--settings",
      path,
    ]);
    assertEquals([code, stdout], [2, ""]);
    assertEquals(
      stderr,
      `error: Cannot use "learning_rate" of ${path}: expected a known name, got an unknown one; did you mean learning-rate?\n`,
    );
  });
});

Deno.test("train says an unknown flag in one line, and shows the stack only for --debug", async () => {
  const line =
    "error: Cannot use --learning-rat: expected a known name, got an unknown one; did you mean --learning-rate?\n";
  const plain = await runTask("train", ["--learning-rat", "1"]);
  assertEquals(plain, { code: 2, stdout: "", stderr: line });
  const debug = await runTask("train", ["--learning-rat", "1", "--debug"]);
  assertEquals([debug.code, debug.stdout], [2, ""]);
  assert(debug.stderr.startsWith(line));
  assertMatch(debug.stderr, /\n {4}at parseFlags/);
});

for (
  const [task, message] of [
    ["search", "Cannot run without --out"],
    ["score", "Cannot run without --model"],
    ["eval", "Cannot evaluate: expected --run FILE"],
  ] as const
) {
  Deno.test(`${task} without what it needs is one line and exit code 2`, async () => {
    const { code, stdout, stderr } = await runTask(task, []);
    assertEquals([code, stdout], [2, ""]);
    assertStringIncludes(stderr, `error: ${message}`);
    assertEquals(stderr.trimEnd().split("\n").length, 1);
  });
}

Deno.test("train --help lists every flag, with an example", async () => {
  const { code, stdout, stderr } = await runTask("train", ["--help"]);
  assertEquals([code, stderr], [0, ""]);
  assertStringIncludes(stdout, "\n  deno task train --model ");
  const flags =
    ("model data split loss optimizer schedule learning-rate warmup steps " +
      "epochs batch accumulate chunk sources ways query-length query-form document-length dim dropout seed " +
      "engine precision teacher negatives out resume eval-every save-every " +
      "dry-run json settings debug help").split(" ");
  for (const flag of flags) {
    assertMatch(stdout, new RegExp(`\n {2}--${flag} +\\S`));
  }
});
