import "#tests/support/permitted.ts";
import {
  assertEquals,
  assertGreater,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { bench } from "#lib/cli/bench.ts";
import { writeTinyData } from "#tests/support/tiny_data.ts";
import { writeTinyModel } from "#tests/support/tiny_model.ts";

/** What a call prints on standard output, line by line; standard error is joined. */
async function printed(
  run: () => Promise<number>,
): Promise<{ code: number; lines: string[]; told: string }> {
  const { log, error } = console;
  const lines: string[] = [];
  let told = "";
  console.log = (text: string) => lines.push(text);
  console.error = (text: string) => told += `${text}\n`;
  try {
    return { code: await run(), lines, told };
  } finally {
    Object.assign(console, { log, error });
  }
}

/** The one object that a benchmark of the tiny model on the tiny data prints. */
async function measured(
  words: string,
  // deno-lint-ignore no-explicit-any -- each test knows what it asked for
): Promise<any> {
  const folder = await Deno.makeTempDir();
  const model = await writeTinyModel(`${folder}/model`);
  const data = await writeTinyData(`${folder}/data`);
  const args = `${words} --model ${model} --data ${data} --engine reference` +
    " --json --dim 8 --query-length 8 --document-length 16";
  const { code, lines } = await printed(() => bench(args.split(" ")));
  await Deno.remove(folder, { recursive: true });
  assertEquals([code, lines.length], [0, 1]);
  return JSON.parse(lines[0]!);
}

Deno.test("bench() prints one JSON object with a falling loss when it trains a tiny model", async () => {
  const result = await measured("train-step --steps 3 --ways 2");
  const { benchmark, engine, precision, losses, peers, ratio } = result;
  assertEquals([benchmark, engine, precision, losses.length, peers, ratio], [
    ...["train-step", "reference", "fp32", 4],
    {},
    undefined,
  ]);
  assertGreater(losses[0], losses[3]);
  assertEquals(result.tokensPerSecond, result.tokens / result.medianSeconds);
  assertGreater(result.startSeconds, 0);
  assertGreater(result.peakMemoryBytes, 0);
});

Deno.test("bench() counts the tokens of documents when it encodes", async () => {
  const { seconds, tokens } = await measured(
    "encode --steps 1 --texts 5 --whole",
  );
  assertEquals(seconds.length, 2);
  assertEquals(tokens, 5 * 7); // [CLS] marker, four words, [SEP]
});

Deno.test("bench() measures growth and draws it", async () => {
  const folder = await Deno.makeTempDir();
  const { code, lines, told } = await printed(() =>
    bench([
      ..."max-sim --engine reference --queries 2 --documents 3 --dim 4 --steps 1"
        .split(" "),
      ..."--document-length 8 --growth queries --sizes 2,1 --json".split(" "),
      ...["--figure", `${folder}/growth.svg`],
    ])
  );
  assertEquals([code, lines.length], [0, 1]);
  const { growth, points } = JSON.parse(lines[0]!);
  assertEquals(growth, "queries");
  assertEquals(points.map(({ size }: { size: number }) => size), [1, 2]);
  assertEquals("startSeconds" in points[1], false);
  assertStringIncludes(told, "reference fp32");
  const svg = await Deno.readTextFile(`${folder}/growth.svg`);
  assertStringIncludes(svg, "max-sim: median and quartiles by queries");
  await Deno.remove(folder, { recursive: true });
});

Deno.test("bench() prints its table on standard output where no JSON is asked for", async () => {
  const { code, lines } = await printed(() =>
    bench(
      "max-sim --engine reference --queries 2 --documents 3 --dim 4 --steps 1"
        .split(" "),
    )
  );
  assertEquals(code, 0);
  assertStringIncludes(lines.join("\n"), "reference fp32");
});

Deno.test("bench() shows a benchmark's flags with an example when asked for help", async () => {
  const { code, lines } = await printed(() => bench(["encode", "--help"]));
  assertEquals(code, 0);
  assertStringIncludes(lines[0]!, "deno task bench encode --model");
  assertStringIncludes(lines[0]!, "--texts");
  const all = await printed(() => bench(["--help"]));
  assertStringIncludes(all.lines[0]!, "deno task bench max-sim");
});

Deno.test("bench() refuses another benchmark or flag", async () => {
  const { code, told } = await printed(() => bench(["trainstep"]));
  assertEquals(code, 2);
  assertStringIncludes(told, "got trainstep; did you mean train-step?");
  assertStringIncludes((await printed(() => bench([]))).told, "got no name");
  await assertRejects(
    () => bench(["train-step", "--thread", "1"]),
    RangeError,
    "--threads",
  );
  await assertRejects(
    () => bench(["encode", "--ways", "1"]),
    RangeError,
    "Cannot use --ways",
  );
});
