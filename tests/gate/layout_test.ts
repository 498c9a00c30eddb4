import "#tests/support/permitted.ts";
import { assertEquals, assertExists, assertLessOrEqual } from "@std/assert";
import { EXCLUDED, hasCode } from "./coverage.ts";
import { FLOORS } from "./floors_plugin.ts";
import { filesBelow, linesOf, reachedFrom, textOf } from "./tree.ts";

const [LIB, TESTS] = ["lib", "tests"].map((folder) =>
  filesBelow(folder).filter((path) => path.endsWith(".ts"))
) as [string[], string[]];
const TEXTS = filesBelow("").filter((path) =>
  /\.(ts|py|sh|md|json|jsonc|ipynb)$|^\.ci\/run$/.test(path)
);

/** Folders of `tests` that mirror no floor. */
const OTHER_TEST_FOLDERS = [
  "bench",
  "fixtures",
  "gate",
  "slow",
  "std_assert",
  "support",
];

/** What may stand at the top: what design, tools and custom demand there. */
const TOP = [
  ..."README.md LICENSE CHANGELOG.md deno.json deno.lock package.json lib notebooks data tests .ci"
    .split(" "),
  ...".gitignore .gitattributes .githooks .github".split(" "),
];

Deno.test("top level holds only what belongs there", () => {
  const names = new Set(filesBelow("").map((path) => path.split("/")[0]!));
  assertEquals([...names].filter((name) => !TOP.includes(name)), []);
});

Deno.test("lib has the floors and nothing beside them", () => {
  const strangers = LIB.filter((path) =>
    path !== "lib/mod.ts" && !FLOORS.includes(path.split("/")[1]!)
  );
  assertEquals(strangers, []);
});

Deno.test("tests mirror the floors", () => {
  const known = [...FLOORS, ...OTHER_TEST_FOLDERS];
  const strangers = TESTS.filter((path) =>
    !known.includes(path.split("/")[1]!)
  );
  assertEquals(strangers, []);
});

Deno.test("source files stay within 300 lines", () => {
  const long = [...LIB, ...TESTS].filter((path) =>
    path !== "lib/mod.ts" && linesOf(path) > 300
  );
  assertEquals(long.map((path) => `${path}: ${linesOf(path)}`), []);
});

Deno.test("file names are snake_case words that say something", () => {
  const wrong = [...LIB, ...TESTS].filter((path) => {
    const name = path.split("/").at(-1)!;
    return !/^[a-z0-9]+(_[a-z0-9]+)*\.ts$/.test(name) ||
      /\b(utils?|helpers?|common|manager|misc)\b/.test(path);
  });
  assertEquals(wrong, []);
});

Deno.test("every file of a floor is reached by a test of that floor or runs its own example", () => {
  for (const floor of FLOORS) {
    const reached = reachedFrom(
      TESTS.filter((path) => path.startsWith(`tests/${floor}/`)),
    );
    const missed = LIB.filter((path) =>
      path.startsWith(`lib/${floor}/`) && !reached.has(path)
    )
      .filter((path) =>
        hasCode(textOf(path)) && !textOf(path).includes("@example")
      );
    assertEquals(missed, [], `floor ${floor}`);
  }
});

Deno.test("every public function and class has an example that is run", () => {
  const missing: string[] = [];
  const lists = textOf("lib/mod.ts").matchAll(
    /export \{([^}]*)\} from "\.\/([^"]+)"/g,
  );
  for (const [, names = "", path] of lists) {
    const text = textOf(`lib/${path}`);
    for (const name of names.match(/\w+/g) ?? []) {
      const made = new RegExp(
        `export (async )?(function\\*?|class) ${name}\\b`,
      ).exec(text);
      if (!made) continue;
      const above = text.slice(0, made.index);
      const docs = above.slice(above.lastIndexOf("/**"));
      if (!docs.includes("```ts")) missing.push(`${path}: ${name}`);
    }
  }
  assertEquals(missing, []);
});

Deno.test("files that coverage leaves out exist", () => {
  const gone = Object.keys(EXCLUDED).filter((path) =>
    !LIB.some((file) => `${file}/`.startsWith(`lib/${path}`))
  );
  assertEquals(gone, []);
});

Deno.test("no file names a machine's path, a package host or a promise", () => {
  const forbidden = new RegExp(
    [
      "/work/",
      "/root/",
      "/home/[a-z]",
      "/Users/",
      "registry\\.npmjs",
      "pypi\\.org",
      "files\\.pythonhosted",
    ].join("|"),
  );
  const promise = new RegExp(
    ["TO" + "DO", "FIX" + "ME", "XX" + "X"].map((word) => `\\b${word}\\b`).join(
      "|",
    ),
  );
  const wrong = TEXTS.filter((path) =>
    !["deno.lock", "tests/gate/layout_test.ts"].includes(path) &&
    path !== "tests/notebook/check_notebook_test.ts" // which tests this very rule on notebooks
  )
    .filter((path) =>
      forbidden.test(textOf(path)) || promise.test(textOf(path))
    );
  assertEquals(wrong, []);
});

Deno.test("no file points the reader to notes that the repository does not hold", () => {
  const notes =
    /\b(design|papers|engines|style|peers|search-facts|notebook-facts)\.md\b/;
  assertEquals(
    [...LIB, ...TESTS].filter((path) =>
      path !== "tests/gate/layout_test.ts" && notes.test(textOf(path))
    ),
    [],
  );
});

Deno.test("no test is singled out or switched off", () => {
  const switched = /Deno\.test\.(only|ignore)|\b(only|ignore): true/;
  const wrong = TESTS.filter((path) =>
    !/^tests\/(gate|support)\//.test(path) && switched.test(textOf(path))
  );
  assertEquals(wrong, []);
});

Deno.test("README fits in 150 lines", () => {
  assertLessOrEqual(linesOf("README.md"), 150);
});

Deno.test("README states every dependency", () => {
  const readme = textOf("README.md");
  const { imports } = JSON.parse(textOf("deno.json")) as {
    readonly imports: Readonly<Record<string, string>>;
  };
  const packages = Object.values(imports).flatMap((target) =>
    /^npm:\/?((@[^/]+\/)?[^@/]+)@/.exec(target)?.[1] ?? []
  );
  assertEquals(
    [...new Set(packages)].filter((name) => !readme.includes(name)),
    [],
  );
});

Deno.test("tasks name their permissions", () => {
  const { tasks } = JSON.parse(textOf("deno.json")) as {
    readonly tasks: Readonly<
      Record<string, { readonly description: string; readonly command: string }>
    >;
  };
  for (const [name, { description, command }] of Object.entries(tasks)) {
    assertExists(description, name);
    assertEquals(
      /(^|\s)(-A|--allow-all|-P|--allow-(run|net))(\s|$)/.test(command),
      false,
      `${name}: ${command}`,
    );
  }
});

Deno.test("dependencies are pinned to one version", () => {
  const { imports } = JSON.parse(textOf("deno.json")) as {
    readonly imports: Readonly<Record<string, string>>;
  };
  const loose = Object.values(imports).filter((target) =>
    target.startsWith("npm:") && !/@\d+\.\d+\.\d+\/?$/.test(target)
  );
  assertEquals(loose, []);
});

Deno.test("published numbers and notebooks are JSON", () => {
  const files = filesBelow("data").concat(filesBelow("notebooks")).filter((
    path,
  ) => /\.(json|ipynb)$/.test(path));
  for (const path of files) JSON.parse(textOf(path));
  for (
    const path of filesBelow("data").filter((name) => name.endsWith(".jsonl"))
  ) {
    for (const line of textOf(path).trimEnd().split("\n")) JSON.parse(line);
  }
});
