import "#tests/support/permitted.ts";
import {
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { scoreCommand } from "#lib/cli/score.ts";
import { asFlags } from "#tests/support/run_task.ts";
import { type TinyFiles, withTinyFiles } from "#tests/train/tiny_training.ts";
import { silenced } from "./refusal.ts";

const signal = new AbortController().signal;

/** Runs `score` of the tiny model over these texts. */
function score(
  { root, model }: TinyFiles,
  texts: { readonly queries: string; readonly documents: string },
  words: readonly string[] = [],
) {
  const paths = { queries: `${root}/queries`, documents: `${root}/documents` };
  Deno.writeTextFileSync(paths.queries, texts.queries);
  Deno.writeTextFileSync(paths.documents, texts.documents);
  return silenced(() =>
    scoreCommand(
      [...asFlags({ model, engine: "wasm", ...paths }), ...words],
      signal,
    )
  );
}

Deno.test("score stops between two parts of the documents when it is asked to", async () => {
  await withTinyFiles(async ({ root, model }) => {
    Deno.writeTextFileSync(`${root}/texts`, "cat\n".repeat(300));
    const controller = new AbortController();
    const words = asFlags({ model, queries: `${root}/texts`, engine: "wasm" });
    const ended = silenced(() =>
      scoreCommand(
        [...words, "--documents", `${root}/texts`],
        controller.signal,
      )
    );
    controller.abort(new DOMException("interrupted", "AbortError"));
    await assertRejects(() => ended, DOMException, "interrupted");
  });
});

Deno.test("score gives one row a query, the same to people and to programs", async () => {
  await withTinyFiles(async (files) => {
    const texts = {
      queries: "cat\nold dog\n",
      documents: "cat\ndog\nred tree",
    };
    const { value, lines } = await score(files, texts);
    assertEquals([value, lines.length], [0, 2]);
    const rows = lines.map((line) => line.split("\t").map(Number));
    const json = await score(files, texts, ["--json"]);
    const { scores } = JSON.parse(json.lines[0]!);
    assertEquals(scores, rows);
    assertEquals(scores.map((row: number[]) => row.length), [3, 3]);
    // A text's tokens are their own best matches: cosines of 1.
    const own = await score(files, { queries: "cat", documents: "cat" });
    const others = await score(files, { queries: "cat", documents: "dog\n" });
    assertAlmostEquals(Number(others.lines[0]), rows[0]![1]!, 1e-5);
    assertEquals(Number(own.lines[0]) > Number(others.lines[0]), true);
  });
});

Deno.test("score scores more documents than it takes at a time", async () => {
  await withTinyFiles(async (files) => {
    const documents = Array.from(
      { length: 300 },
      (_, i) => i % 2 ? "cat" : "dog",
    );
    const { lines } = await score(files, {
      queries: "cat",
      documents: documents.join("\n"),
    });
    const row = lines[0]!.split("\t").map(Number);
    assertEquals(row.length, 300);
    row.forEach((score, i) => assertAlmostEquals(score, row[i % 2]!, 1e-5));
  });
});

Deno.test("score names the file and line of a text that is empty or missing", async () => {
  await withTinyFiles(async (files) => {
    const refused = (queries: string, documents: string, message: string) =>
      assertRejects(
        () => score(files, { queries, documents }),
        SyntaxError,
        message,
      );
    await refused(
      "cat\n \ndog",
      "cat",
      "/queries:2: expected a text, got an empty line",
    );
    await refused(
      "cat",
      "",
      "/documents: expected a text a line, got an empty file",
    );
    const error = await assertRejects(
      () =>
        silenced(() =>
          scoreCommand(
            asFlags({
              model: files.model,
              queries: `${files.root}/none`,
              documents: "d",
            }),
            signal,
          )
        ),
      Deno.errors.NotFound,
      "Cannot read",
    );
    assertStringIncludes(error.message, `${files.root}/none`);
  });
});
Deno.test("score names the text of which the tokenizer keeps nothing", async () => {
  await withTinyFiles(async (files) => {
    const documents = `cat\n${"dog\n".repeat(300)}\u200b\n`;
    await assertRejects(
      () => score(files, { queries: "cat", documents }),
      RangeError,
      'documents:302": expected a text with at least one token',
    );
    await assertRejects(
      () => score(files, { queries: "cat\n\u200b", documents: "cat" }),
      RangeError,
      'queries:2": expected a text with at least one token',
    );
  });
});
