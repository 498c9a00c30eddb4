import "#tests/support/permitted.ts";
import {
  cudaPackages,
  installTensorFlow,
} from "#lib/cli/install_tensorflow.ts";
import { platform } from "#lib/engine/foreign.ts";
import type { InstallOptions } from "#lib/cli/pip_installer.ts";
import { assertEquals, assertMatch, assertRejects } from "@std/assert";

/** What pip would leave behind for a TensorFlow with CUDA. */
async function pretendInstalled(folder: string): Promise<void> {
  const top = `${folder}/tensorflow`;
  const info = `${folder}/tensorflow-2.21.0.dist-info`;
  for (const one of [`${top}/python`, `${top}/include`, info]) {
    await Deno.mkdir(one, { recursive: true });
  }
  const names = ["_cc.so.2", "_framework.so.2", ".so.2", "_other.so.2"];
  for (const name of names) {
    await Deno.writeTextFile(`${top}/libtensorflow${name}`, "");
  }
  await Deno.writeTextFile(
    `${info}/METADATA`,
    'Requires-Dist: numpy>=1.26.0\nRequires-Dist: nvidia-nccl-cu12<3.0,>=2.27.7; extra == "and-cuda"\n',
  );
}

/** Installs with a pip that only notes what it is asked. */
async function noted(
  folder: string,
  options: Partial<InstallOptions> & { cpu: boolean },
): Promise<string[]> {
  const calls: string[] = [];
  await installTensorFlow({
    python: "py",
    say: () => {},
    folder,
    run: async (program, args) => {
      calls.push([program, ...args].join(" "));
      await pretendInstalled(folder);
    },
    ...options,
  });
  return calls;
}

Deno.test("installTensorFlow() installs the libraries and nothing that only Python needs", async () => {
  const folder = await Deno.makeTempDir();
  const calls = await noted(folder, { cpu: true });
  assertEquals(calls.length, 1);
  const { os, arch } = platform();
  const name = os === "linux" && arch === "x86_64"
    ? "tensorflow-cpu"
    : "tensorflow";
  assertEquals(
    calls[0],
    `py -m pip install --upgrade --target ${folder} --no-deps ${name}`,
  );
  const left = [...Deno.readDirSync(`${folder}/tensorflow`)];
  assertEquals(left.map((entry) => entry.name).sort(), [
    "libtensorflow.so.2",
    "libtensorflow_cc.so.2",
    "libtensorflow_framework.so.2",
  ]);
});

Deno.test("installTensorFlow() hands a version and an index on to pip", async () => {
  const folder = await Deno.makeTempDir();
  const [call] = await noted(folder, {
    cpu: true,
    version: "2.20.0",
    indexUrl: "https://example.org/simple",
  });
  assertMatch(call!, /--index-url https:\/\/example\.org\/simple --no-deps /);
  assertMatch(call!, /tensorflow(-cpu)?==2\.20\.0$/);
});

Deno.test("installTensorFlow() adds CUDA's packages where there is a GPU", async () => {
  const folder = await Deno.makeTempDir();
  const calls = await noted(folder, { cpu: false, gpu: "a test's" });
  const start = `py -m pip install --upgrade --target ${folder}`;
  assertEquals(calls, [
    `${start} --no-deps tensorflow`,
    `${start} nvidia-nccl-cu12<3.0,>=2.27.7`,
  ]);
  const without = await noted(folder, { cpu: true, gpu: "a test's" });
  assertEquals(without.length, 1);
});

Deno.test("installTensorFlow() says so where pip wrote no TensorFlow", async () => {
  const folder = await Deno.makeTempDir();
  await assertRejects(
    () =>
      installTensorFlow({
        python: "py",
        cpu: false,
        gpu: "a test's",
        say: () => {},
        folder,
        run: () => Promise.resolve(),
      }),
    Deno.errors.NotFound,
    `Cannot install tensorflow: expected pip to write ${folder}/tensorflow-*.dist-info, got none`,
  );
});

Deno.test("installTensorFlow() says which program failed", async () => {
  await assertRejects(
    () =>
      installTensorFlow({
        cpu: true,
        say: () => {},
        folder: "/nowhere",
        // It knows no `-m pip`.
        python: Deno.execPath(),
      }),
    RangeError,
    `Cannot install tensorflow: expected ${Deno.execPath()} -m pip install to succeed, got code `,
  );
});

Deno.test("cudaPackages() names none where TensorFlow names none", () => {
  assertEquals(cudaPackages("Requires-Dist: numpy>=1.26.0\n"), []);
});
