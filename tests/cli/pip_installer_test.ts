import "#tests/support/permitted.ts";
import { installTorch } from "#lib/cli/install_torch.ts";
import type { InstallOptions } from "#lib/cli/pip_installer.ts";
import { runTask } from "#tests/support/run_task.ts";
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";

/** A pip that leaves a PyTorch behind, or for some versions fails or takes for ever. */
const PIP = `
import pathlib, sys, time
words = sys.argv[1:]
folder = pathlib.Path(words[words.index("--target") + 1])
if words[-1] == "torch==9.9": sys.exit(7)
if words[-1] == "torch==8.8": time.sleep(600)
if words[-1].startswith("torch"):
    for name in ("torch/lib", "torch/include", "torch-2.15.0.dist-info"):
        (folder / name).mkdir(parents=True)
    for name in ("torch_cpu", "torch_cuda", "c10"):
        (folder / f"torch/lib/lib{name}.so").write_text("")
    needs = "Requires-Dist: cuda-toolkit[cudart,cupti]==13.2.2\\n"
    (folder / "torch-2.15.0.dist-info/METADATA").write_text(needs)
else:
    (folder / "asked").write_text(" ".join(words))
`;

/** Installs PyTorch by `python3 -m pip`, where that pip is this file's, and looks at it. */
async function installed(
  options: Partial<InstallOptions> = {},
  look: (folder: string) => void = () => {},
): Promise<void> {
  const folder = await Deno.makeTempDir();
  await Deno.mkdir(`${folder}/modules/pip`, { recursive: true });
  await Deno.writeTextFile(`${folder}/modules/pip/__init__.py`, "");
  await Deno.writeTextFile(`${folder}/modules/pip/__main__.py`, PIP);
  const before = Deno.env.get("PYTHONPATH");
  Deno.env.set("PYTHONPATH", `${folder}/modules`);
  try {
    await installTorch({
      python: "python3",
      cpu: true,
      say: () => {},
      folder,
      ...options,
    });
    look(folder);
  } finally {
    if (before === undefined) Deno.env.delete("PYTHONPATH");
    else Deno.env.set("PYTHONPATH", before);
    await Deno.remove(folder, { recursive: true });
  }
}

/** Whether this machine has a Python that tests may start; says so where not. */
async function hasPython(): Promise<boolean> {
  const run = { name: "run", command: "python3" } as const;
  try {
    const { state } = await Deno.permissions.query(run);
    const { success } = await new Deno.Command("python3", {
      args: ["--version"],
      stdout: "null",
      stderr: "null",
    }).output();
    if (state === "granted" && success) return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  console.log("skipped: there is no python3 here that may be started");
  return false;
}

Deno.test("pipInstaller() runs pip as a process, and what it wrote is what is taken", async () => {
  if (!await hasPython()) return;
  await installed({}, (folder) => {
    const left = [...Deno.readDirSync(`${folder}/torch/lib`)];
    assertEquals(left.map(({ name }) => name).sort(), [
      "libc10.so",
      "libtorch_cpu.so",
    ]);
    assertEquals(
      Deno.readTextFileSync(`${folder}/asked`),
      `install --upgrade --target ${folder} cuda-toolkit[cudart,cupti]==13.2.2`,
    );
  });
});

Deno.test("pipInstaller() says which program failed, and with which code", async () => {
  if (!await hasPython()) return;
  await assertRejects(
    () => installed({ version: "9.9" }),
    RangeError,
    "Cannot install torch: expected python3 -m pip install to succeed, got code 7; its reasons stand above",
  );
});

Deno.test("pipInstaller() stops pip when it is asked to", async () => {
  if (!await hasPython()) return;
  const controller = new AbortController();
  await assertRejects(
    () =>
      installed({
        version: "8.8",
        signal: controller.signal,
        say: () => {
          const reason = new DOMException("interrupted", "AbortError");
          setTimeout(() => controller.abort(reason), 0);
        },
      }),
    DOMException,
    "interrupted",
  );
});

Deno.test("pipInstaller() says what to do without the Python", async () => {
  await assertRejects(
    () => installed({ python: "no-such-python" }),
    Deno.errors.NotFound,
    "Cannot install torch: expected a program no-such-python, got none; name one with --python",
  );
});

Deno.test("deno task engine says what to do with a Python that it may not start", async () => {
  const { code, stderr } = await runTask("engine", [
    ...["install", "torch", "--python", "/nowhere/python"],
  ]);
  assertEquals(code, 2);
  assertStringIncludes(
    stderr,
    "error: Cannot install torch: expected a Python that may be started (--allow-run), got /nowhere/python; leave --python out and put the folder of that Python first on PATH\n",
  );
});
