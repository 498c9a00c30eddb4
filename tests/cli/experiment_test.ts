import "#tests/support/permitted.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { asFlags, runTask } from "#tests/support/run_task.ts";
import { experimentCommand } from "#lib/cli/experiment.ts";
import { EXPERIMENTS } from "#lib/paper/experiments.ts";

/** Runs the command in this process, as the task does in one of its own. */
async function commanded(args: readonly string[]) {
  const { log, error } = console;
  const [out, said]: [string[], string[]] = [[], []];
  try {
    console.log = (line: string) => out.push(line);
    console.error = (line: string) => said.push(line);
    const code = await experimentCommand(args, new AbortController().signal);
    return { code, stdout: out.join("\n"), stderr: said.join("\n") };
  } finally {
    Object.assign(console, { log, error });
  }
}

/** The object of a command with `--json`, which is its one line. */
async function json(args: readonly string[]) {
  const { code, stdout } = await commanded([...args, "--json"]);
  assertEquals(code, 0);
  return JSON.parse(stdout);
}

/** Words of a smoke run in a folder of its own. */
const words = (
  folder: string,
  more: Readonly<Record<string, string | number>> = {},
) => [
  "S-2",
  ...asFlags({
    ledger: `${folder}/ledger`,
    work: `${folder}/work`,
    seeds: 1,
    ...more,
  }),
];

async function inFolder(work: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("deno task experiment runs, goes on, reports and prints one object", () =>
  inFolder(async (folder) => {
    const first = await runTask("experiment", words(folder));
    assertEquals(first.code, 0, first.stderr);
    assertStringIncludes(first.stdout, "To do    9 arms of 2 seeds");
    assertStringIncludes(first.stdout, "undecided");
    const again = await commanded(words(folder));
    assertStringIncludes(again.stdout, "To do    nothing");
    const { experiment, scale, arms, noise, verdicts } = await json([
      ...words(folder),
      "--report",
    ]);
    assertEquals([experiment, scale, Object.keys(arms).length, noise], [
      "S-2",
      "smoke",
      8,
      null,
    ]);
    assertEquals(
      verdicts.map(({ answer }: { answer: string }) => answer).includes(
        "holds",
      ),
      false,
    );
  }));

Deno.test("deno task experiment --dry-run writes nothing and tells what is missing", () =>
  inFolder(async (folder) => {
    const { missing } = await json([
      ...words(folder),
      "--dry-run",
      "--twins=false",
    ]);
    assertEquals(
      missing.map((
        { seed, arms }: { seed: number; arms: string[] },
      ) => [seed, arms.length]),
      [[1, 8]],
    );
    assertEquals([...Deno.readDirSync(folder)], []);
  }));

Deno.test("deno task experiment --list shows every experiment", async () => {
  const { stdout } = await commanded(["--list"]);
  for (const { id, question } of EXPERIMENTS) {
    assertStringIncludes(stdout, id);
    assertStringIncludes(stdout, question);
  }
  const listed = await json(["--list"]);
  assertEquals(
    listed.map(({ id }: { id: string }) => id),
    EXPERIMENTS.map(({ id }) => id),
  );
});

Deno.test("deno task experiment tells a mistake in one line", () =>
  inFolder(async (folder) => {
    const ledger = `${folder}/ledger`;
    await Deno.mkdir(ledger);
    await Deno.writeTextFile(`${ledger}/S-2.jsonl`, "{}\n");
    const cases: [string[], string][] = [
      [[], "Cannot run an experiment: expected its id, got none; see --list"],
      [
        ["S-3"],
        'Cannot find experiment "S-3": expected one of J-Q1, S-2, got another; did you mean S-2?',
      ],
      [["S-2", "--scale", "full"], "expected one of smoke, small"],
      [["S-2", "--seeds", "0"], "Cannot use --seeds"],
      [["S-2", "--seed", "1"], "did you mean --seeds?"],
      [["S-2", "J-Q1"], 'at most 1 words, got "J-Q1"'],
      [
        ["S-2", "--report", "--ledger", ledger],
        "S-2.jsonl:1: expected experiment to be a name, got nothing",
      ],
    ];
    for (const [given, expected] of cases) {
      const refused = await assertRejects(
        () => commanded(given),
        Error,
        expected,
      );
      assertMatch(refused.message, /^Cannot [^\n]*$/);
    }
  }));

Deno.test("deno task experiment without an id is one line and exit code 2", async () => {
  const { code, stdout, stderr } = await runTask("experiment", []);
  assertEquals([code, stdout], [2, ""]);
  assertEquals(
    stderr,
    "error: Cannot run an experiment: expected its id, got none; see --list\n",
  );
});

Deno.test("deno task experiment --help has an example", async () => {
  const { code, stdout } = await commanded(["--help"]);
  assertEquals(code, 0);
  assert(stdout.includes("deno task experiment S-2 --scale small --seeds 5"));
});
