import "#tests/support/permitted.ts";
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { notebook } from "#lib/cli/notebook.ts";
import { notebookText, readNotebook } from "#lib/notebook/notebook_file.ts";
import { notebookOf } from "#tests/notebook/notebook_of.ts";

/** Runs the command; gives its exit code and what it printed on both outputs. */
async function run(...args: string[]): Promise<{ code: number; text: string }> {
  const { log, error } = console;
  const lines: string[] = [];
  console.log = console.error = (line: string) => lines.push(line);
  try {
    return { code: await notebook(args), text: lines.join("\n") };
  } finally {
    Object.assign(console, { log, error });
  }
}

/** Writes a notebook of cells to a file of its own. */
async function fileOf(...cells: string[]): Promise<string> {
  const path = await Deno.makeTempFile({ suffix: ".ipynb" });
  await Deno.writeTextFile(path, notebookText(notebookOf(...cells)));
  return path;
}

Deno.test("notebook() shows its actions when asked for help", async () => {
  const { code, text } = await run("--help");
  assertEquals(code, 0);
  assertStringIncludes(text, "deno task notebook check|render|run");
});

Deno.test("notebook() refuses an unknown action", async () => {
  await assertRejects(
    () => notebook(["renew"]),
    RangeError,
    'Cannot use "renew"',
  );
  await assertRejects(() => notebook([]), RangeError, "got nothing");
});

Deno.test("notebook() names file and problem and returns 1 when a check fails", async () => {
  const path = await fileOf("const a = 1;");
  const { code, text } = await run("check", path, "--json");
  assertEquals(code, 1);
  assertStringIncludes(text, `${path}`);
  assertStringIncludes(text, `check ${path}: `);
  assertEquals(JSON.parse(text.split("\n").at(-1)!).notebooks, 1);
  await Deno.remove(path);
});

Deno.test("notebook() renders outputs once and finds them unchanged afterwards", async () => {
  const path = await fileOf(
    "# Two and two",
    `import { show } from "#lib/report/show.ts";\nawait show(String(2 + 2));`,
  );
  assertEquals((await run("render", "--unchanged", path)).code, 1);
  assertEquals((await run("render", path)).code, 0);
  assertEquals((await run("render", "--unchanged", path)).code, 0);
  const outputs = (await readNotebook(path)).cells.flatMap((cell) =>
    cell.outputs ?? []
  );
  assertEquals(outputs.length, 1);
  await Deno.remove(path);
});

Deno.test("notebook() renders nothing of a notebook that fails, and names the cell", async () => {
  const path = await fileOf("# A", `throw new RangeError("one of them");`);
  const before = await Deno.readTextFile(path);
  const { code, text } = await run("render", path);
  assertEquals(code, 1);
  assertStringIncludes(text, `${path} cell 1: `);
  assertStringIncludes(text, "one of them");
  assertEquals(await Deno.readTextFile(path), before);
  await Deno.remove(path);
});

Deno.test("notebook() runs all notebooks of the folder in a kernel and names the cell that fails", async () => {
  const folder = await Deno.makeTempDir();
  const before = Deno.cwd();
  const write = (name: string, ...cells: string[]) =>
    Deno.writeTextFile(
      `${folder}/notebooks/${name}`,
      notebookText(notebookOf(...cells)),
    );
  await Deno.mkdir(`${folder}/notebooks`);
  await write("b.ipynb", "# B", `throw new RangeError("here");`);
  await write("a.ipynb", `if (!Deno.cwd().endsWith("notebooks")) throw 1;`);
  await write("c.txt");
  Deno.chdir(folder);
  try {
    const { code, text } = await run("run", "--timeout", "60");
    assertEquals(code, 1);
    const lines = text.split("\n").map((line) => line.replace(/ \(.*/, ""));
    assertEquals(lines, [
      "run notebooks/a.ipynb: ok",
      "notebooks/b.ipynb cell 1: RangeError: here",
      "run notebooks/b.ipynb: 1 problems",
    ]);
  } finally {
    Deno.chdir(before);
    await Deno.remove(folder, { recursive: true });
  }
});
