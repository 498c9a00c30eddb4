import "#tests/support/permitted.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { evalCommand } from "#lib/cli/eval.ts";
import { msMarcoMrr, parseRankedRun } from "#lib/eval/ms_marco_mrr.ts";
import { parseQrels } from "#lib/eval/parse_qrels.ts";

const QRELS = "q1 0 a 1\nq1 0 b 0\nq2 0 b 2\nq3 0 a 1\n";
const GOOD =
  "q1 Q0 a 1 3 x\nq1 Q0 b 2 2 x\nq2 Q0 b 1 2 x\nq2 Q0 a 2 2 x\nq3 Q0 a 1 1 x\n";
const POOR =
  "q1 Q0 a 1 1 x\nq1 Q0 b 2 2 x\nq2 Q0 b 1 1 x\nq2 Q0 a 2 2 x\nq3 Q0 a 1 1 x\n";

/** Bytes of a text, gzipped where the name says so. */
async function fileBytes(name: string, text: string): Promise<Uint8Array> {
  const plain = new Blob([text]).stream();
  const stream = name.endsWith(".gz")
    ? plain.pipeThrough(new CompressionStream("gzip"))
    : plain;
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Runs the command in a folder of files; names of files in the words become paths. */
async function evaluated(
  files: Record<string, string>,
  words: string,
  signal = new AbortController().signal,
) {
  const folder = await Deno.makeTempDir();
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeFile(`${folder}/${name}`, await fileBytes(name, text));
  }
  const { log, error } = console;
  const [out, said]: [string[], string[]] = [[], []];
  try {
    console.log = (line: string) => out.push(line);
    console.error = (line: string) => said.push(line);
    const args = words.split(" ").map((word) =>
      word.startsWith("/") ? folder + word : word
    );
    const code = await evalCommand(args, signal);
    return { code, out: out.join("\n"), said: said.join("\n") };
  } finally {
    Object.assign(console, { log, error });
    await Deno.remove(folder, { recursive: true });
  }
}

/** The object of a run with `--json`. */
async function json(files: Record<string, string>, words: string) {
  const { out } = await evaluated(files, `${words} --json`);
  return JSON.parse(out.split("\n").at(-1)!);
}

Deno.test("deno task eval prints one object when given --json, and the rest apart", async () => {
  const { code, out, said } = await evaluated(
    { run: GOOD, qrels: QRELS },
    "--run /run --qrels /qrels --measures recip_rank,P_1 --json",
  );
  assertEquals(code, 0);
  assertEquals(JSON.parse(out), {
    queries: 3,
    measures: { recip_rank: 1, P_1: 1 },
    ties: {
      recip_rank: {
        lowest: (1 + 1 / 2 + 1) / 3,
        highest: 1,
        expected: (1 + 3 / 4 + 1) / 3,
        moved: 1 / 3,
      },
      P_1: { lowest: 2 / 3, highest: 1, expected: 2.5 / 3, moved: 1 / 3 },
    },
    tiedQueries: 1 / 3,
  });
  assertStringIncludes(said, "1 of 3 queries (33.3%) have documents of equal");
});

Deno.test("deno task eval reads gzipped files and BEIR judgements like plain ones", async () => {
  const beir = "query-id\tcorpus-id\tscore\nq1\ta\t1\nq2\tb\t2\nq3\ta\t1\n";
  const plain = await json(
    { run: GOOD, qrels: QRELS },
    "--run /run --qrels /qrels",
  );
  const zipped = await json(
    { "run.gz": GOOD, "qrels.tsv.gz": beir },
    "--run /run.gz --qrels /qrels.tsv.gz",
  );
  assertEquals(zipped.measures, plain.measures);
  assertEquals(Object.keys(plain.measures), [
    "ndcg_cut_10",
    "recip_rank",
    "map",
    "recall_100",
    "P_10",
    "success_1",
  ]);
});

Deno.test("deno task eval gives difference, p and interval of each measure when comparing", async () => {
  const found = await json(
    { run: GOOD, poor: POOR, qrels: QRELS },
    "--run /run --compare /poor --qrels /qrels --measures recip_rank",
  );
  assertAlmostEquals(found.difference.recip_rank, 1 / 3, 1e-15);
  assertAlmostEquals(found.compared.recip_rank, 2 / 3, 1e-15);
  // differences 1/2, 1/2, 0: t = 2 with 2 degrees of freedom
  assertAlmostEquals(found.p.recip_rank, 1 - 2 / Math.sqrt(6), 1e-12);
  assertEquals(found.pRandomisation.recip_rank, 2 / 4);
  assertEquals(found.pHolm, found.p);
  const [low, high] = found.interval.recip_rank;
  assertAlmostEquals((low + high) / 2, 1 / 3, 1e-12);
  assert(low < 0 && high > 0.3);
});

Deno.test("deno task eval counts judged queries that the run lacks only when complete", async () => {
  const files = { run: "q1 Q0 a 1 1 x\n", qrels: QRELS };
  const words = "--run /run --qrels /qrels --measures P_1";
  const some = await evaluated(files, words);
  assertStringIncludes(some.out, "2 judged queries are not in the run");
  assertEquals((await json(files, words)).queries, 1);
  const all = await json(files, `${words} --complete`);
  assertEquals([all.queries, all.measures.P_1], [3, 1 / 3]);
});

Deno.test("deno task eval uses the relevance level it is given", async () => {
  const found = await json(
    { run: GOOD, qrels: QRELS },
    "--run /run --qrels /qrels --measures success_1 --level 2",
  );
  assertEquals(found.measures.success_1, 1 / 3);
});

Deno.test("deno task eval gives MS MARCO's MRR@10 on a file of ranks", async () => {
  const rest = (query: string) =>
    Array.from({ length: 9 }, (_, i) => `${query}\tz${i}\t${i + 2}\n`).join("");
  const ranked = `q1\tb\t1\nq1\ta\t2\nq2\ta\t1\n${rest("q2")}q2\tb\t11\n`;
  const found = await json(
    { run: ranked, qrels: QRELS },
    "--run /run --qrels /qrels --measures recip_rank_cut_10,recip_rank --complete",
  );
  const { mean } = msMarcoMrr(
    parseRankedRun(ranked, "run"),
    parseQrels(QRELS, "qrels"),
  );
  assertEquals(mean, (1 / 2) / 3);
  assertEquals(found.measures.recip_rank_cut_10, mean);
  assertAlmostEquals(found.measures.recip_rank, (1 / 2 + 1 / 11) / 3, 1e-15);
  assertEquals([found.queries, found.tiedQueries], [3, 0]);
});

Deno.test("deno task eval shows a table with tie ranges and the comparison to people", async () => {
  const { out } = await evaluated(
    { run: GOOD, poor: POOR, qrels: QRELS },
    "--run /run --compare /poor --qrels /qrels --measures recip_rank,P_1",
  );
  assertMatch(out, /measure +value +ties: lowest +expected +highest/);
  assertMatch(out, /recip_rank +1\.0000 +0\.8333 +0\.9167 +1\.0000 +33\.3%/);
  assertMatch(out, /measure +run +compare +difference +p +p random +p Holm/);
  assertStringIncludes(out, "run minus compare");
});

Deno.test("deno task eval explains itself when given --help", async () => {
  const { code, out } = await evaluated({}, "--help");
  assertEquals(code, 0);
  for (const flag of ["--run", "--qrels", "--compare", "--level", "--debug"]) {
    assertStringIncludes(out, flag);
  }
  assertStringIncludes(out, "deno task eval --run run.trec --qrels qrels.trec");
});

const mistakes: [string, string, new (...args: never[]) => Error, string][] = [
  ["no run", "--qrels /qrels", RangeError, "expected --run FILE, got none"],
  ["no judgements", "--run /run", RangeError, "expected --qrels FILE"],
  ["a wrong flag", "--rum /run", RangeError, "did you mean --run?"],
  [
    "a wrong measure",
    "--run /run --qrels /qrels --measures ndgc",
    RangeError,
    "did you mean ndcg?",
  ],
  [
    "no measure",
    "--run /run --qrels /qrels --measures ,",
    RangeError,
    "at least one measure",
  ],
  ["level 0", "--run /run --qrels /qrels --level 0", RangeError, "at least 1"],
  [
    "a file that is not there",
    "--run /nope --qrels /qrels",
    Deno.errors.NotFound,
    "nope: expected a text file, got no such file",
  ],
  [
    "a folder",
    "--run / --qrels /qrels",
    Deno.errors.IsADirectory,
    "expected a file that may be read",
  ],
  [
    "a path through a file",
    "--run /run/x --qrels /qrels",
    Deno.errors.NotADirectory,
    "expected a file that may be read",
  ],
  [
    "judgements as run",
    "--run /qrels --qrels /qrels",
    SyntaxError,
    "qrels:1: expected 6 columns",
  ],
  [
    "a run as judgements",
    "--run /run --qrels /run",
    SyntaxError,
    "run:1: expected 4 columns",
  ],
  [
    "a file whose end is no line of a run",
    "--run /bad.gz --qrels /qrels",
    SyntaxError,
    "bad.gz:6: expected 6 columns",
  ],
  [
    "ranks with a gap",
    "--run /gap --qrels /qrels",
    RangeError,
    'expected ranks 1 to 2 of query "q1", got none of 2',
  ],
  ["one query", "--run /one --compare /one --qrels /qrels", RangeError, "two"],
];
for (const [what, words, Class, message] of mistakes) {
  Deno.test(`deno task eval refuses ${what} in one line`, async () => {
    const files = {
      run: GOOD,
      qrels: QRELS,
      one: "q1 Q0 a 1 1 x\n",
      "bad.gz": `${GOOD}q1 Q0`,
      gap: "q1\ta\t1\nq1\tb\t11\n",
    };
    const error = await assertRejects(
      () => evaluated(files, words),
      Class as typeof Error,
      message,
    );
    assertMatch((error as Error).message, /^Cannot (?!.*Cannot)[^\n]+$/);
  });
}

Deno.test("deno task eval stops when Ctrl-C came before the result", async () => {
  const controller = new AbortController();
  controller.abort(new DOMException("interrupted", "AbortError"));
  await assertRejects(
    () =>
      evaluated(
        { run: GOOD, qrels: QRELS },
        "--run /run --qrels /qrels",
        controller.signal,
      ),
    DOMException,
    "interrupted",
  );
});

Deno.test("deno task eval ends with code 2 and one line when a process is given nonsense", async () => {
  const script = new URL("../../lib/cli/eval.ts", import.meta.url).href;
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-prompt", "--allow-read", script, ...args],
      env: { NO_COLOR: "1" },
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, out: text(stdout), said: text(stderr) };
  };
  const wrong = await run("--qrls", "x");
  assertEquals([wrong.code, wrong.out], [2, ""]);
  assertMatch(
    wrong.said,
    /^error: Cannot use --qrls: .*did you mean --qrels\?\n$/,
  );
  const debug = await run("--qrls", "x", "--debug");
  assertEquals(debug.code, 2);
  assertStringIncludes(debug.said, "parseFlags");
  assertEquals((await run("--help")).code, 0);
});
