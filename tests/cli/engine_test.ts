import "#tests/support/permitted.ts";
import { engineCommand, reportEngines } from "#lib/cli/engine.ts";
import { installTorch, neededPackages } from "#lib/cli/install_torch.ts";
import { engineNames } from "#lib/engine/use_engine.ts";
import { assertEquals, assertMatch, assertRejects } from "@std/assert";

const UNSTOPPED = new AbortController().signal;

/** What a call prints on standard output, line by line; standard error is dropped. */
async function printed(
  args: string[],
): Promise<{ code: number; lines: string[] }> {
  const { log, error } = console;
  const lines: string[] = [];
  console.log = (text: string) => lines.push(text);
  console.error = () => {};
  try {
    return { code: await engineCommand(args, UNSTOPPED), lines };
  } finally {
    Object.assign(console, { log, error });
  }
}

Deno.test("reportEngines() says of every engine what it runs on, or why not", async () => {
  const engines = await reportEngines();
  assertEquals(engines.map(({ name }) => name), engineNames());
  for (const { device, reason } of engines) {
    assertEquals((device ?? reason)!.length > 5, true);
    assertEquals(device === undefined, reason !== undefined);
  }
});

Deno.test("engineCommand() marks what auto takes, the first that is present", async () => {
  const { code, lines } = await printed([]);
  assertEquals(code, 0);
  const marked = lines.filter((line) => line.endsWith("<- auto"));
  assertEquals(marked.length, 1);
  const present = lines.find((line) => !line.includes("not here: "));
  assertEquals(marked[0], present);
  const [auto] = marked[0]!.split(" ");
  for (const line of lines.filter((line) => line !== marked[0])) {
    const [name] = line.split(" ");
    const others = ["not here: ", `(only by --engine ${name})`];
    assertEquals(
      [...others, `(auto prefers ${auto})`].some((why) => line.includes(why)),
      true,
    );
  }
});

Deno.test("engineCommand() prints one JSON object", async () => {
  const { lines } = await printed(["--json"]);
  const { auto, engines } = JSON.parse(lines.at(-1)!);
  assertEquals(engines.length, engineNames().length);
  assertEquals(engineNames().includes(auto), true);
});

Deno.test("engineCommand() refuses other words and shows its help", async () => {
  assertEquals((await printed(["install", "abacus"])).code, 2);
  const { code, lines } = await printed(["--help"]);
  assertEquals(code, 0);
  assertMatch(lines.join("\n"), /deno task engine install torch/);
  assertMatch(lines.join("\n"), /deno task engine install tensorflow/);
});

Deno.test("engineCommand() installs what is named, by the Python that is named", async () => {
  for (const what of ["torch", "tensorflow"]) {
    await assertRejects(
      () => printed(["install", what, "--python", "no-such-python", "--cpu"]),
      Deno.errors.NotFound,
      `Cannot install ${what}: expected a program no-such-python, got none`,
    );
  }
});

/** What pip would leave behind for a PyTorch with CUDA. */
async function pretendInstalled(folder: string): Promise<void> {
  const lib = `${folder}/torch/lib`;
  await Deno.mkdir(lib, { recursive: true });
  await Deno.mkdir(`${folder}/torch/include`);
  await Deno.mkdir(`${folder}/torch-2.15.0.dist-info`, { recursive: true });
  for (const name of ["torch_cpu", "torch_cuda", "torch_python", "c10"]) {
    await Deno.writeTextFile(`${lib}/lib${name}.so`, "");
  }
  await Deno.writeTextFile(
    `${folder}/torch-2.15.0.dist-info/METADATA`,
    'Requires-Dist: sympy>=1.13.3\nRequires-Dist: cuda-toolkit[cublas,cudart,cupti]==13.2.2; platform_system == "Linux"\n',
  );
}

Deno.test("installTorch() installs a processor's parts, and no host of its own", async () => {
  const folder = await Deno.makeTempDir();
  const calls: string[] = [];
  await installTorch({
    python: "python3",
    cpu: true,
    say: () => {},
    folder,
    run: async (program, args) => {
      calls.push([program, ...args].join(" "));
      if (calls.length === 1) await pretendInstalled(folder);
    },
  });
  const start = `python3 -m pip install --upgrade --target ${folder}`;
  assertEquals(calls, [
    `${start} --no-deps torch>=2.10`,
    `${start} cuda-toolkit[cudart,cupti]==13.2.2`,
  ]);
  const left = Array.from(
    Deno.readDirSync(`${folder}/torch/lib`),
    ({ name }) => name,
  );
  assertEquals(left.sort(), ["libc10.so", "libtorch_cpu.so"]);
  assertEquals([...Deno.readDirSync(`${folder}/torch`)].length, 1);
});

Deno.test("installTorch() installs all of it where there is a GPU", async () => {
  const folder = await Deno.makeTempDir();
  const [calls, says]: [string[], string[]] = [[], []];
  await installTorch({
    python: "python3",
    cpu: false,
    gpu: "a test's GPU",
    say: (line) => void says.push(line),
    folder,
    run: (program, args) =>
      Promise.resolve(void calls.push([program, ...args].join(" "))),
  });
  const start = `python3 -m pip install --upgrade --target ${folder}`;
  assertEquals(calls, [`${start} torch>=2.10`]);
  assertEquals(says, [
    `Installing torch>=2.10 for a test's GPU into ${folder}`,
  ]);
});

Deno.test("installTorch() hands a version and an index on to pip", async () => {
  const folder = await Deno.makeTempDir();
  await pretendInstalled(folder);
  const calls: string[] = [];
  await installTorch({
    python: "py",
    version: "2.11.0",
    indexUrl: "https://example.org/simple",
    cpu: true,
    say: () => {},
    folder,
    run: (_, args) => Promise.resolve(void calls.push(args.join(" "))),
  });
  assertEquals(
    calls[0],
    `-m pip install --upgrade --target ${folder} --index-url https://example.org/simple --no-deps torch==2.11.0`,
  );
});

Deno.test("neededPackages() knows builds for CUDA 12 and builds without CUDA", () => {
  const twelve =
    'Requires-Dist: nvidia-cuda-runtime-cu12==12.8.90; platform_system == "Linux"\nRequires-Dist: nvidia-cudnn-cu12==9\n';
  assertEquals(neededPackages(twelve), ["nvidia-cuda-runtime-cu12==12.8.90"]);
  assertEquals(neededPackages("Requires-Dist: filelock\n"), []);
});
