import "#tests/support/permitted.ts";
import {
  assertAlmostEquals,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { scoreCommand } from "#lib/cli/score.ts";
import { searchCommand } from "#lib/cli/search.ts";
import { asFlags } from "#tests/support/run_task.ts";
import { type TinyFiles, withTinyFiles } from "#tests/train/tiny_training.ts";
import { namesIn, silenced } from "./refusal.ts";

const signal = new AbortController().signal;

/** Runs `search` of the tiny model over the tiny collection. */
function search(
  { root, model, data }: TinyFiles,
  given: Record<string, string | number> = {},
) {
  const words = { model, data, out: `${root}/run.trec`, engine: "wasm" };
  return silenced(() => searchCommand(asFlags({ ...words, ...given }), signal));
}

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
    scoreCommand([...asFlags({ model, engine: "wasm", ...paths }), ...words])
  );
}

Deno.test("search writes as many documents a query as asked for, into a folder it makes", async () => {
  await withTinyFiles(async (files) => {
    const out = `${files.root}/new/folder/run.trec`;
    const { value, lines } = await search(files, { depth: 3, out });
    assertEquals(value, 0);
    assertMatch(lines.at(-1)!, /^8 queries over 40 documents in [\d.]+ s: /);
    const ranks = Deno.readTextFileSync(out).trimEnd().split("\n")
      .map((line) => line.split(" ")[3]);
    assertEquals(
      ranks,
      Array.from({ length: 8 }, () => ["1", "2", "3"]).flat(),
    );
  });
});

Deno.test("search cuts documents into parts when asked to, and refuses a stride without them", async () => {
  await withTinyFiles(async (files) => {
    const out = `${files.root}/run.trec`;
    const { value } = await search(files, { "part-words": 1, depth: 3, out });
    assertEquals(value, 0);
    const lines = Deno.readTextFileSync(out).trimEnd().split("\n");
    assertEquals(lines.length, 24);
    const pairs = lines.map((line) => line.split(" ").slice(0, 3).join(" "));
    assertEquals(new Set(pairs).size, 24);
    await assertRejects(
      () => search(files, { "part-stride": 2 }),
      RangeError,
      "Cannot use --part-stride: expected --part-words as well, got none",
    );
  });
});

Deno.test("search refuses a split, a model, a place and an id that will not do, and writes nothing", async () => {
  await withTinyFiles(async (files) => {
    const { root, data, model } = files;
    const refused = (given: Record<string, string>, message: string) =>
      assertRejects(() => search(files, given), Error, message);
    await refused({ split: "dev" }, "expected one of test, train");
    await refused({ model: `${root}/none` }, "Cannot load model");
    await refused({ data: `${root}/none` }, "Cannot load data");
    await refused({ out: `${model}/config.json/x` }, "Cannot write");
    await refused({ out: model }, "expected a place to write, got a folder");
    const path = `${data}/corpus.jsonl`;
    const text = Deno.readTextFileSync(path);
    Deno.writeTextFileSync(path, text + '{"_id":"two words","text":"cat"}\n');
    await refused({}, 'a document id without white space, got "two words"');
    assertEquals(namesIn(root), ["data", "model"]);
  });
});

Deno.test("search stops when it is asked to, and writes nothing", async () => {
  await withTinyFiles(async ({ root, model, data }) => {
    const controller = new AbortController();
    controller.abort(new DOMException("interrupted", "AbortError"));
    const words = asFlags({ model, data, out: `${root}/run`, engine: "wasm" });
    await assertRejects(
      () => silenced(() => searchCommand(words, controller.signal)),
      DOMException,
      "interrupted",
    );
    assertEquals(namesIn(root), ["data", "model"]);
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

Deno.test("search and score name the text of which the tokenizer keeps nothing, and write nothing", async () => {
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
    const { root, data } = files;
    const path = `${data}/corpus.jsonl`;
    Deno.writeTextFileSync(path, '{"_id":"void","text":"\u200b"}\n', {
      append: true,
    });
    await assertRejects(
      () => search(files),
      RangeError,
      'Cannot encode document "void": expected a text with at least one token',
    );
    assertEquals(namesIn(root).includes("run.trec"), false);
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
          )
        ),
      Deno.errors.NotFound,
      "Cannot read",
    );
    assertStringIncludes(error.message, `${files.root}/none`);
  });
});
