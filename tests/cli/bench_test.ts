import "#tests/support/permitted.ts";
import {
  assertEquals,
  assertGreater,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { bench } from "#lib/cli/bench.ts";
import { benchSettings } from "#lib/cli/bench_flags.ts";
import {
  disagreement,
  resultOf,
  takeSteps,
} from "#lib/cli/bench_train_step.ts";
import { writeTinyData } from "#tests/support/tiny_data.ts";
import { writeTinyModel } from "#tests/support/tiny_model.ts";

/** What a call prints on standard output, line by line; standard error is dropped. */
async function printed(
  run: () => Promise<number>,
): Promise<{ code: number; lines: string[] }> {
  const { log, error } = console;
  const lines: string[] = [];
  console.log = (text: string) => lines.push(text);
  console.error = () => {};
  try {
    return { code: await run(), lines };
  } finally {
    Object.assign(console, { log, error });
  }
}

Deno.test("bench() prints one JSON object with a falling loss when it trains a tiny model", async () => {
  const folder = await Deno.makeTempDir();
  const model = await writeTinyModel(`${folder}/model`);
  const data = await writeTinyData(`${folder}/data`);
  const args =
    `train-step --engine reference --model ${model} --data ${data} --json --steps 3 --ways 2 --dim 8`;
  const { code, lines } = await printed(() =>
    bench([...args.split(" "), "--document-length", "16"])
  );
  assertEquals([code, lines.length], [0, 1]);
  const {
    engine,
    precision,
    losses,
    tokens,
    tokensPerSecond,
    medianSeconds,
    peers,
  } = JSON.parse(lines[0]!);
  assertEquals([engine, precision, losses.length, peers], [
    "reference",
    "fp32",
    4,
    {},
  ]);
  assertGreater(losses[0], losses[3]);
  assertEquals(tokensPerSecond, tokens / medianSeconds);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("bench() shows its flags with an example when asked for help", async () => {
  const { code, lines } = await printed(() => bench(["--help"]));
  assertEquals(
    [code, lines[0]!.includes("deno task bench train-step --model")],
    [0, true],
  );
});

Deno.test("bench() refuses another benchmark or flag", async () => {
  assertEquals((await printed(() => bench(["trainstep"]))).code, 2);
  await assertRejects(
    () => bench(["train-step", "--thread", "1"]),
    RangeError,
    "--threads",
  );
});

Deno.test("benchSettings() refuses an absent model", () => {
  assertThrows(
    () => benchSettings({ data: "x" }),
    RangeError,
    "expected --model FOLDER, got none",
  );
});

Deno.test("takeSteps() takes turns and stops between two steps", async () => {
  const turns: string[] = [];
  const system = (name: string) => ({
    take: () => ({ seconds: 1, loss: turns.push(name) }),
  });
  const times = await takeSteps([system("a"), system("b")], {
    steps: 2,
    signal: undefined,
  });
  assertEquals(turns, ["a", "b", "a", "b"]);
  assertEquals(times.map((row) => row.map(({ loss }) => loss)), [[1, 3], [
    2,
    4,
  ]]);
  await assertRejects(
    () => takeSteps([system("c")], { steps: 1, signal: AbortSignal.abort() }),
    DOMException,
  );
  assertEquals(turns.length, 4);
});

Deno.test("resultOf() leaves the first step out and divides the medians", () => {
  const times = [9, 2, 4, 3].map((seconds) => ({ seconds, loss: 1 }));
  const pylate = {
    medianSeconds: 6,
    tokensPerSecond: 1,
    peakMemoryBytes: 1,
    losses: [1],
  };
  const settings = benchSettings({ model: "m", data: "d" });
  const { medianSeconds, tokensPerSecond, ratio } = resultOf(times, {
    engine: "onnx",
    settings,
    tokens: 12,
    pylate,
  });
  assertEquals([medianSeconds, tokensPerSecond, ratio], [3, 4, 2]);
});

Deno.test("disagreement() speaks when first losses differ and nothing is random", () => {
  const settings = benchSettings({ model: "m", data: "d" });
  const result = (loss: number) =>
    resultOf([{ seconds: 1, loss }, { seconds: 1, loss }], {
      engine: "onnx",
      settings,
      tokens: 1,
      pylate: {
        medianSeconds: 1,
        tokensPerSecond: 1,
        peakMemoryBytes: 1,
        losses: [1, 5],
      },
    });
  assertEquals(disagreement(result(1.005), settings), undefined);
  assertEquals(
    disagreement(result(1.02), settings)?.startsWith(
      "Cannot compare the times",
    ),
    true,
  );
  assertEquals(
    disagreement(result(1.02), { ...settings, dropout: 0.1 }),
    undefined,
  );
});
