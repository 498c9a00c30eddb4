import "#tests/support/permitted.ts";
import { readBeir } from "#lib/dataset/beir.ts";
import { loadDataset } from "#lib/dataset/load_dataset.ts";
import { sharedPath } from "#tests/support/shared.ts";
import { assertEquals, assertRejects } from "@std/assert";
import { type BeirFiles, TOY, withFolder } from "./toy_folder.ts";

const read = (files: BeirFiles) =>
  withFolder(files, (folder) => readBeir(folder));

Deno.test("readBeir() joins title and text, and reads every split", async () => {
  const { documents, queries, qrels } = await read(TOY);
  assertEquals([...documents], [["1", "Cats Cats are small."], [
    "2",
    "Dogs bark.",
  ], ["3", "Birds sing."]]);
  assertEquals([...queries], [["a", "feline"], ["b", "noise"]]);
  assertEquals(Object.keys(qrels), ["test", "train"]);
  assertEquals([...qrels.test!.get("b")!], [["2", 2], ["3", 1], ["1", 0]]);
});

Deno.test("readBeir() reads gzipped files, Windows line ends, and files without a header or a last line end", async () => {
  const plain = await read(TOY);
  const changed = (change: (name: string, text: string) => [string, string]) =>
    Object.fromEntries(Object.entries(TOY).map((file) => change(...file)));
  const gzipped = changed((name, text) => [`${name}.gz`, text]);
  const windows = changed((name, text) => [
    name,
    text.replaceAll("\n", "\r\n").trimEnd(),
  ]);
  const head = /^query-id.*\n/;
  const headless = changed((name, text) => [name, text.replace(head, "")]);
  for (const files of [gzipped, windows, headless]) {
    assertEquals({ ...await read(files), name: "" }, { ...plain, name: "" });
  }
});

Deno.test("readBeir() reads only the splits asked for", async () => {
  await withFolder({ ...TOY, "qrels/broken.tsv": "x" }, async (folder) => {
    const { qrels, name } = await readBeir(folder + "/", { splits: ["test"] });
    assertEquals(Object.keys(qrels), ["test"]);
    assertEquals(name, folder.split("/").at(-1)!);
    await assertRejects(
      () => readBeir(folder, { splits: ["dev"] }),
      Deno.errors.NotFound,
      "expected the BEIR file qrels/dev.tsv or qrels/dev.tsv.gz, got neither",
    );
  });
});

Deno.test("readBeir() reads tuples with teacher scores where the folder has them", async () => {
  const { tuples } = await read({
    ...TOY,
    "tuples.jsonl": '["a",["1",0.9],["2",0.1]]\n',
  });
  assertEquals(tuples, [{
    query: "a",
    documents: ["1", "2"],
    scores: [0.9, 0.1],
  }]);
});

/** Faulty files, and what the error says after the folder's name. */
const faults: readonly (readonly [
  what: string,
  name: string,
  text: string,
  says: string,
])[] = [
  [
    "a line that is not JSON",
    "corpus.jsonl",
    '{"_id":"1","text":"a"}\n{"_id":\n',
    'corpus.jsonl:2: expected a JSON object, got "{\\"_id\\":"',
  ],
  [
    "a line that is a list",
    "queries.jsonl",
    "[]",
    'queries.jsonl:1: expected a JSON object, got "[]"',
  ],
  [
    "a missing id",
    "corpus.jsonl",
    '{"text":"a"}',
    'corpus.jsonl:1: expected a text under "_id", got none',
  ],
  [
    "an id that is a number",
    "corpus.jsonl",
    '{"_id":1,"text":"a"}',
    'corpus.jsonl:1: expected a text under "_id", got 1',
  ],
  [
    "a repeated document id",
    "corpus.jsonl",
    '{"_id":"1","text":"a"}\n\n{"_id":"1","text":"b"}',
    'corpus.jsonl:3: expected every id once, got "1" a second time',
  ],
  [
    "a repeated query id",
    "queries.jsonl",
    '{"_id":"a","text":"a"}\n{"_id":"a","text":"b"}',
    'queries.jsonl:2: expected every id once, got "a" a second time',
  ],
  [
    "an empty document",
    "corpus.jsonl",
    '{"_id":"1","title":" ","text":""}',
    'corpus.jsonl:1: expected some text for "1", got an empty one; remove the line',
  ],
  [
    "an empty query",
    "queries.jsonl",
    '{"_id":"a","text":"\\n "}',
    'queries.jsonl:1: expected some text for "a", got an empty one; remove the line',
  ],
  [
    "a text that is none",
    "corpus.jsonl",
    '{"_id":"1","text":["a"]}',
    'corpus.jsonl:1: expected texts under "title" and "text" of "1", got others',
  ],
  [
    "an empty file",
    "corpus.jsonl",
    "\n",
    "corpus.jsonl: expected at least one line, got an empty file",
  ],
  [
    "bytes that are no UTF-8",
    "corpus.jsonl",
    "\ud800",
    'corpus.jsonl:1: expected a JSON object, got "�"',
  ],
  [
    "a judgement of an unknown document",
    "qrels/test.tsv",
    "b\t2\t1\nb\t9\t1\n",
    'qrels/test.tsv:2: expected the id of a document, got the unknown "9"',
  ],
  [
    "a judgement of an unknown query",
    "qrels/test.tsv",
    "query-id\tcorpus-id\tscore\nc\t1\t1\n",
    'qrels/test.tsv:2: expected the id of a query, got the unknown "c"',
  ],
  [
    "a grade that is no whole number",
    "qrels/test.tsv",
    "b\t2\t0.5\n",
    'qrels/test.tsv:1: expected a whole number as grade, got "0.5"',
  ],
  [
    "a grade that is a word",
    "qrels/test.tsv",
    "b\t2\tyes\n",
    'qrels/test.tsv:1: expected a whole number as grade, got "yes"',
  ],
  [
    "other columns",
    "qrels/test.tsv",
    "b 2 1\n",
    "qrels/test.tsv:1: expected query id, document id and grade separated by tabs, got 1 columns",
  ],
  [
    "two grades of one pair",
    "qrels/test.tsv",
    "b\t2\t1\nb\t2\t2\n",
    'qrels/test.tsv:2: expected one grade for query "b" and document "2", got 1 and 2',
  ],
  [
    "a query without a positive",
    "qrels/test.tsv",
    "a\t1\t1\nb\t2\t0\nb\t3\t-1\n",
    'qrels/test.tsv:2: expected a document of a grade above 0 for query "b", got none',
  ],
  [
    "no judgements",
    "qrels/test.tsv",
    "query-id\tcorpus-id\tscore\n",
    "qrels/test.tsv: expected at least one judgement, got none",
  ],
];

for (const [what, name, text, says] of faults) {
  Deno.test(`readBeir() names file and line for ${what}`, async () => {
    await withFolder({ ...TOY, [name]: text }, async (folder) => {
      await assertRejects(
        () => readBeir(folder),
        SyntaxError,
        `Cannot read ${folder}/${says}`,
      );
    });
  });
}

Deno.test("readBeir() reads TREC's columns and a header behind empty lines, and takes a file for no folder", async () => {
  const { qrels } = await read(TOY);
  const header = `\n\n${TOY["qrels/test.tsv"]}`;
  for (const test of [header, "b 0 2 2\nb\t0\t3\t1\nb 0 1 0"]) {
    assertEquals((await read({ ...TOY, "qrels/test.tsv": test })).qrels, qrels);
  }
  await withFolder(TOY, async (folder) => {
    await Deno.remove(`${folder}/qrels`, { recursive: true });
    await Deno.writeTextFile(`${folder}/qrels`, "no folder");
    for (const options of [{}, { splits: ["test"] }]) {
      const found = readBeir(folder, options);
      await assertRejects(() => found, Deno.errors.NotFound, "qrels/");
    }
  });
});

Deno.test("readBeir() takes a judgement that is repeated as it was", async () => {
  const { qrels } = await read({
    ...TOY,
    "qrels/test.tsv": "b\t2\t1\nb\t2\t1\n",
  });
  assertEquals([...qrels.test!.get("b")!], [["2", 1]]);
});

Deno.test("readBeir() says which file is missing", async () => {
  const { "corpus.jsonl": _, ...without } = TOY;
  await assertRejects(
    () => read(without),
    Deno.errors.NotFound,
    "expected the BEIR file corpus.jsonl or corpus.jsonl.gz, got neither",
  );
  const unjudged = {
    "corpus.jsonl": TOY["corpus.jsonl"]!,
    "queries.jsonl": TOY["queries.jsonl"]!,
  };
  await assertRejects(
    () => read(unjudged),
    Deno.errors.NotFound,
    "expected judgements in qrels/<split>.tsv, got none",
  );
});

Deno.test("readBeir() refuses a gzipped file that is truncated, or none", async () => {
  const { "corpus.jsonl": corpus, ...others } = TOY;
  await withFolder(
    { ...others, "corpus.jsonl.gz": corpus! },
    async (folder) => {
      const path = `${folder}/corpus.jsonl.gz`;
      await Deno.truncate(path, (await Deno.stat(path)).size - 5);
      const says = `Cannot read ${path}: expected whole gzip data, got `;
      await assertRejects(() => readBeir(folder), SyntaxError, says);
      await Deno.writeTextFile(path, "plain text");
      await assertRejects(() => readBeir(folder), SyntaxError, says);
    },
  );
});

Deno.test("readBeir() reads the shared collections with the counts their authors give", async () => {
  const counts = {
    scifact: [5183, { test: [300, 339], train: [809, 919] }],
    nfcorpus: [3395, {
      dev: [324, 11385],
      test: [323, 12334],
      train: [2563, 110075],
    }],
    jaqa: [13448, {
      dev: [4442, 4442],
      "jaquad-dev": [3939, 3939],
      test: [4420, 4420],
      train: [31748, 31748],
    }],
  } as const;
  for (const [name, [size, splits]] of Object.entries(counts)) {
    const folder = sharedPath(`datasets/${name}`);
    if (folder === undefined) continue;
    const { documents, qrels } = await readBeir(folder);
    assertEquals(documents.size, size);
    const found = Object.entries(qrels).map((
      [split, all],
    ) => [split, [
      all!.size,
      [...all!.values()].reduce((sum, grades) => sum + grades.size, 0),
    ]]);
    assertEquals(Object.fromEntries(found), splits);
  }
});

Deno.test("loadDataset() says what it takes when there is no such folder", async () => {
  await assertRejects(
    () => loadDataset("none"),
    Deno.errors.NotFound,
    'Cannot load data none: expected "wordnet" or a BEIR folder (--data DIR), got no such folder',
  );
  await assertRejects(
    () => loadDataset("deno.json"),
    Deno.errors.NotFound,
    "got a file",
  );
  await withFolder(TOY, async (folder) => {
    assertEquals((await loadDataset(folder)).documents.size, 3);
  });
});
