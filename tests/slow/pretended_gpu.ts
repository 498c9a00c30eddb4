/**
 * Engine torch on a pretended GPU: what it asks of CUDA is allowed there, gives the
 * processor's numbers, and waits for nothing. It needs g++, and a PyTorch with headers:
 * the one of python3 or that of `tests/bench/peers/make_environment.sh`. Minutes; run by
 *
 *     deno task test:slow
 *
 * @module
 */
import "#tests/support/permitted.ts";
import { isReadableFile, pythonFolder } from "#lib/engine/installation.ts";
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";

const HERE = new URL("../engine/torch/pretended_cuda/", import.meta.url);
const MAKE = new URL("make.py", HERE).pathname;
const STEPS = new URL("steps.ts", HERE).pathname;
const PEERS = new URL("../bench/peers/.venv/lib", import.meta.url).pathname;

/** Folders named `torch` that may have headers. */
async function candidates(): Promise<string[]> {
  const { folder } = await pythonFolder("python3", "torch");
  let peers: string[] = [];
  try {
    peers = Array.from(Deno.readDirSync(PEERS), ({ name }) => name);
  } catch {
    // The peers' environment was not made.
  }
  return [
    ...(folder === undefined ? [] : [folder]),
    ...peers.map((name) => `${PEERS}/${name}/site-packages/torch`),
  ];
}

/** The first PyTorch with headers. */
async function torchWithHeaders(): Promise<string | undefined> {
  for (const folder of await candidates()) {
    if (await isReadableFile(`${folder}/include/ATen/ATen.h`)) return folder;
  }
  return undefined;
}

const torch = await torchWithHeaders();
const made = await Deno.makeTempDir();
const built = torch === undefined ? undefined : await run([]);
const reason = torch === undefined
  ? "no PyTorch with headers"
  : built!.code === 0
  ? undefined
  : `it cannot be built: ${built!.error.trim().split("\n").at(-1)}`;
if (reason) console.log(`skipped: a pretended GPU: ${reason}`);

/** Runs a command on the pretended GPU. */
async function run(command: readonly string[]) {
  const { code, stdout, stderr } = await new Deno.Command("python3", {
    args: [MAKE, made, torch!, ...command],
    env: { NO_COLOR: "1" },
    stderr: "piped",
  }).output();
  const [output, error] = [stdout, stderr].map((bytes) =>
    new TextDecoder().decode(bytes)
  ) as [string, string];
  return { code, output, error };
}

/** What `steps.ts` prints. */
interface Steps {
  readonly device: string;
  readonly losses: readonly number[];
  readonly slopes: Readonly<Record<string, readonly number[]>>;
  readonly counts: Readonly<Record<string, number>>;
}

/** Takes steps on the pretended GPU. */
async function steps(precision: string): Promise<Steps> {
  const library = `${made}/torch/lib/libtorch_cuda.so`;
  const program = [Deno.execPath(), "run", "-A", STEPS, precision, library];
  const { code, output, error } = await run(program);
  assertEquals(code, 0, error);
  return JSON.parse(output);
}

/** The same on the processor, by the same libtorch. */
async function stepsHere(precision: string): Promise<Steps> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", STEPS, precision],
    env: { LIBTORCH: `${made}/torch`, NO_COLOR: "1" },
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

const ignore = reason !== undefined;

/** What may differ, as a share of a loss and of the largest gradient: orders of sums, and bf16's 2^-8 at several places. */
const MOST = { fp32: 1e-5, bf16: 2 ** -5 } as const;

for (const [precision, most] of Object.entries(MOST)) {
  Deno.test({
    name: `steps in ${precision} on a pretended GPU are those of the processor`,
    ignore,
    fn: async () => {
      const [there, here] = [
        await steps(precision),
        await stepsHere(precision),
      ];
      assert(there.device.includes("Pretended GPU"), there.device);
      there.losses.forEach((loss, i) =>
        assertAlmostEquals(loss, here.losses[i]!, most * Math.abs(loss))
      );
      for (const [name, slopes] of Object.entries(there.slopes)) {
        const largest = Math.max(...slopes.map(Math.abs));
        slopes.forEach((slope, i) =>
          assertAlmostEquals(
            slope,
            here.slopes[name]![i]!,
            most * largest,
            name,
          )
        );
      }
    },
  });
}

Deno.test({
  name: "a step on a pretended GPU waits for nothing",
  ignore,
  fn: async () => {
    const { counts } = await steps("bf16");
    assertEquals([counts.waits, counts.downloads], [0, 0]);
    assert(counts.launches! > 0);
  },
});

Deno.test({
  name: "the suite of engine torch passes on a pretended GPU",
  ignore,
  fn: async () => {
    const { code, output, error } = await run([
      ...[Deno.execPath(), "test", "-A", "--no-check"],
      ...["tests/engine/torch", "tests/engine/conformance_test.ts"],
      // It has an emulated driver of its own, whose kernels read the processor's memory.
      "--ignore=tests/engine/torch/max_sim_cuda_test.ts",
    ]);
    assertEquals(code, 0, output.slice(-3000) + error.slice(-1000));
  },
});
