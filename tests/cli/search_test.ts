import "#tests/support/permitted.ts";
import {
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertGreaterOrEqual,
  assertLessOrEqual,
  assertMatch,
  assertRejects,
} from "@std/assert";
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

/** A corpus of which only the first words of every text are left. */
function firstWords(corpus: string, words: number): string {
  return corpus.trimEnd().split("\n").map((line) => {
    const { text, ...rest } = JSON.parse(line);
    const first = text.split(" ").slice(0, words).join(" ");
    return JSON.stringify({ ...rest, text: first });
  }).join("\n");
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
    for (const flag of ["part-stride", "parts"]) {
      await assertRejects(
        () => search(files, { [flag]: flag === "parts" ? "first" : 2 }),
        RangeError,
        `Cannot use --${flag}: expected --part-words as well, got none`,
      );
    }
  });
});

Deno.test("search scores a document by its best part or by its first alone", async () => {
  await withTinyFiles(async (files) => {
    const out = `${files.root}/run.trec`;
    const scores = async (given: Record<string, string | number>) => {
      await search(files, { out, ...given });
      const lines = Deno.readTextFileSync(out).trimEnd().split("\n")
        .map((line) => line.split(" "));
      return new Map(
        lines.map((
          [query, , id, , score],
        ) => [`${query} ${id}`, Number(score)]),
      );
    };
    const path = `${files.data}/corpus.jsonl`;
    const corpus = Deno.readTextFileSync(path);
    const best = await scores({ "part-words": 2 });
    assertEquals(best, await scores({ "part-words": 2, parts: "max" }));
    const first = await scores({ "part-words": 2, parts: "first" });
    assertEquals([...first.keys()].sort(), [...best.keys()].sort());
    const differences = [...first].map(([pair, score]) =>
      best.get(pair)! - score
    );
    // The same first part is among those that MaxP takes the best of.
    assertGreaterOrEqual(Math.min(...differences), -1e-4);
    assertGreater(Math.max(...differences), 0.01);
    Deno.writeTextFileSync(path, firstWords(corpus, 2));
    const cut = await scores({});
    for (const [pair, score] of first) {
      assertAlmostEquals(score, cut.get(pair)!, 1e-4, pair);
    }
  });
});

Deno.test("search pools the documents' vectors when asked to, and says how many there were and are", async () => {
  await withTinyFiles(async (files) => {
    const out = `${files.root}/run.trec`;
    const run = async (given: Record<string, string | number> = {}) => {
      const { lines } = await search(files, { out, ...given });
      return { line: lines.at(-1)!, text: Deno.readTextFileSync(out) };
    };
    const whole = await run();
    const kept = await run({ "pool-factor": 1 });
    assertEquals(kept.text, whole.text);
    const [, same, kept1] = /, (\d+) vectors pooled to (\d+), in/
      .exec(kept.line)!;
    assertEquals(same, kept1);
    const half = await run({ "pool-factor": 2, "protected-tokens": 0 });
    const [, before, after] = /, (\d+) vectors pooled to (\d+), in/
      .exec(half.line)!;
    assertEquals(before, same);
    // Half of each document, rounded down: at most half a vector lost a document.
    assertLessOrEqual(Number(after), Number(before) / 2);
    assertGreaterOrEqual(Number(after), Number(before) / 2 - 40 / 2);
    assertEquals(half.text === whole.text, false);
    await assertRejects(
      () => search(files, { "protected-tokens": 2 }),
      RangeError,
      "Cannot use --protected-tokens: expected --pool-factor as well, got none",
    );
    await assertRejects(
      () => search(files, { "pool-factor": 0 }),
      RangeError,
      "Cannot use --pool-factor: expected",
    );
  });
});

Deno.test("search tells programs how many vectors there are", async () => {
  await withTinyFiles(async ({ root, model, data }) => {
    const words = asFlags({ model, data, out: `${root}/run`, engine: "wasm" });
    const { lines } = await silenced(() =>
      searchCommand([...words, "--json"], signal)
    );
    const { queries, documents, vectors } = JSON.parse(lines.at(-1)!);
    assertEquals([queries, documents], [8, 40]);
    assertEquals(vectors.before, vectors.after);
    assertGreater(vectors.before, 40);
  });
});

Deno.test("search refuses a split, a model, a place and an id that will not do, and writes nothing", async () => {
  await withTinyFiles(async (files) => {
    const { root, data, model } = files;
    const refused = (given: Record<string, string>, message: string) =>
      assertRejects(() => search(files, given), Error, message);
    await refused({ split: "dev" }, "expected one of test, train");
    await refused({ model: `${root}/none` }, "Cannot load model");
    await refused({ model: `${data}/corpus.jsonl/x` }, "Cannot load model");
    await refused({ data: `${root}/none` }, "Cannot load data");
    await refused({ data: `${data}/corpus.jsonl/x` }, "Cannot load data");
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

Deno.test("search names the text of which the tokenizer keeps nothing, and writes nothing", async () => {
  await withTinyFiles(async (files) => {
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
