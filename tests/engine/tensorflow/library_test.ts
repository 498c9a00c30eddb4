import "#tests/support/permitted.ts";
import {
  findTensorFlow,
  INSTALL_FOLDER,
} from "#lib/engine/tensorflow/find_library.ts";
import { openTensorFlow } from "#lib/engine/tensorflow/library.ts";
import { register } from "#lib/engine/tensorflow/register.ts";
import { standIn, testRefusals } from "#tests/support/engine_refusals.ts";
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { hasAdapter } from "../webgpu/adapter.ts";
import { tensorFlowBackend } from "./present.ts";

/** Prints what engines say, in a process of its own. */
const PRINT = new URL("../print_engine.ts", import.meta.url).href;

/** A folder with a file that has TensorFlow's name and is something else. */
async function topWith(folder: string, name: string): Promise<string> {
  const top = await Deno.makeTempDir();
  await Deno.mkdir(`${top}/${folder}`, { recursive: true });
  for (const end of ["so.2", "2.dylib"]) {
    await Deno.writeTextFile(`${top}/${folder}/${name}.${end}`, "no library");
  }
  return top;
}

Deno.test("openTensorFlow() opens TensorFlow 2 where there is one", async () => {
  if (!await tensorFlowBackend()) return;
  const { version } = await openTensorFlow();
  assertMatch(version, /^2\.\d+\.\d+/);
});

Deno.test("openTensorFlow() says what was tried and what to do when there is none", async () => {
  const error = await assertRejects(
    () =>
      openTensorFlow({ named: "", top: "/nowhere", python: "no-such-python" }),
    Deno.errors.NotFound,
    "Cannot load the tensorflow engine: expected TensorFlow 2 (run `deno task engine install tensorflow`, or name the folder of an installed TensorFlow in LIBTENSORFLOW), got none: installation: no libtensorflow_cc.",
  );
  assertMatch((error as Error).message, /no-such-python/);
});

Deno.test("findTensorFlow() looks nowhere else when LIBTENSORFLOW names a folder", async () => {
  const top = await topWith(`${INSTALL_FOLDER}/tensorflow`, "libtensorflow_cc");
  const { found, tried } = await findTensorFlow({ named: "/nowhere/", top });
  assertEquals(found, undefined);
  assertEquals(tried.length, 1);
  assertMatch(tried[0]!, /^LIBTENSORFLOW: no libtensorflow_cc\S+ in \/nowhere/);
});

Deno.test("findTensorFlow() finds an installation, and what npm's addons brought", async () => {
  const places = [
    [`${INSTALL_FOLDER}/tensorflow`, "libtensorflow_cc", "installation"],
    [
      "node_modules/@tensorflow/tfjs-node/deps/lib",
      "libtensorflow",
      "tfjs-node",
    ],
    [
      "node_modules/@tensorflow/tfjs-node-gpu/deps/lib",
      "libtensorflow",
      "tfjs-node-gpu",
    ],
  ] as const;
  for (const [folder, name, from] of places) {
    const top = await topWith(folder, name);
    const { found } = await findTensorFlow({ named: "", top });
    assertEquals(found?.folder, `${top}/${folder}`);
    assertEquals(found?.from, from);
  }
});

Deno.test("openTensorFlow() opens what an addon brought, by the addon's name for it", async () => {
  const { found } = await findTensorFlow();
  if (!found) return console.log("skipped: no TensorFlow to stand in");
  const top = await Deno.makeTempDir();
  const folder = `${top}/node_modules/@tensorflow/tfjs-node/deps/lib`;
  await Deno.mkdir(folder, { recursive: true });
  const nameOf = (path: string) => path.split("/").at(-1)!.replace("_cc", "");
  for (const path of [found.library, found.framework]) {
    await Deno.symlink(path, `${folder}/${nameOf(path)}`);
  }
  const opened = await openTensorFlow({ named: "", top });
  assertEquals(opened.found.from, "tfjs-node");
  assertMatch(opened.version, /^2\.\d+\.\d+/);
});

Deno.test("findTensorFlow() says that an addon is there without its library", async () => {
  const top = await Deno.makeTempDir();
  const folder = `${top}/node_modules/@tensorflow/tfjs-node-gpu`;
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${folder}/package.json`, "{}");
  const { tried } = await findTensorFlow({ named: "", top, python: "none" });
  assertEquals(tried.length, 3);
  assertMatch(
    tried[1]!,
    /^tfjs-node-gpu: there, without its libtensorflow\S+, which its install script downloads \(npm rebuild @tensorflow\/tfjs-node-gpu\)$/,
  );
});

Deno.test({
  name: "findTensorFlow() says when it may not ask a Python",
  permissions: { run: false, read: "inherit", env: "inherit" },
  fn: async () => {
    const { tried } = await findTensorFlow({ named: "", top: "/nowhere" });
    assertEquals(
      tried[1],
      "npm: neither @tensorflow/tfjs-node-gpu nor @tensorflow/tfjs-node in /nowhere/node_modules",
    );
    assertEquals(tried[2], "python3: not asked (--allow-run=python3)");
  },
});

Deno.test("openTensorFlow() refuses a file that is no library", async () => {
  const named = await topWith("tensorflow", "libtensorflow_cc");
  await assertRejects(
    () => openTensorFlow({ named }),
    Deno.errors.NotFound,
    "Cannot load the tensorflow engine: expected a loadable TensorFlow (run",
  );
});

Deno.test("openTensorFlow() refuses a library without eager operations", async () => {
  const { folder, skipped } = await standIn("libtensorflow_cc.so.2");
  if (skipped) return console.log(skipped);
  await assertRejects(
    () => openTensorFlow({ named: folder }),
    Deno.errors.NotFound,
    `LIBTENSORFLOW), got something else in ${folder}`,
  );
});

Deno.test("TensorFlow starts after a graphics driver in the same process", async () => {
  if (!hasAdapter || !await tensorFlowBackend()) return;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", "--no-check", PRINT, "webgpu", "tensorflow"],
    stderr: "null",
  }).output();
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  const names = lines.map((line) => JSON.parse(line).name);
  assertEquals(names, ["webgpu", "tensorflow"]);
});

testRefusals({ open: openTensorFlow, register });
