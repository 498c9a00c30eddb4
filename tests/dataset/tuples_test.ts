import "#tests/support/permitted.ts";
import type { Dataset } from "#lib/dataset/dataset.ts";
import { readTuples, type TupleOptions } from "#lib/dataset/tuples.ts";
import { assertEquals, assertRejects } from "@std/assert";

const dataset: Dataset = {
  name: "toy",
  queries: new Map([["7", "seven"], ["q", "cue"]]),
  documents: new Map([["1", "one"], ["2", "two"], ["x", "ex"]]),
  qrels: { train: new Map([["7", new Map([["2", 1], ["1", 0]])]]) },
};

/** Reads tuples from a file of one text. */
async function read(text: string, options?: TupleOptions) {
  const path = await Deno.makeTempFile({ prefix: "tuples" });
  try {
    await Deno.writeTextFile(path, text);
    return await readTuples(path, dataset, options);
  } finally {
    await Deno.remove(path);
  }
}

const scored = [{
  query: "7",
  documents: ["1", "2", "x"],
  scores: [0.5, -2, 3],
}];

Deno.test("readTuples() reads PyLate's form and ColBERT's form alike", async () => {
  assertEquals(
    await read(
      '{"query_id":7,"document_ids":[1,"2","x"],"scores":[0.5,-2,3]}\n\n',
    ),
    scored,
  );
  assertEquals(await read('[7,[1,0.5],["2",-2],["x",3]]'), scored);
});

Deno.test("readTuples() reads tuples without scores", async () => {
  const plain = [{ query: "q", documents: ["x", "1"] }];
  assertEquals(await read('["q","x",1]'), plain);
  assertEquals(await read('{"query_id":"q","document_ids":["x",1]}'), plain);
});

Deno.test("readTuples() moves the labelled positive and its score to the front", async () => {
  assertEquals(
    await read('[7,[1,0.5],["2",-2],["x",3]]', { positive: "labelled" }),
    [
      { query: "7", documents: ["2", "1", "x"], scores: [-2, 0.5, 3] },
    ],
  );
  await assertRejects(
    () => read('[7,[1,0.5],["x",3]]', { positive: "labelled" }),
    SyntaxError,
    ':1: expected a document that train judges relevant to query "7", got none',
  );
});

/** Faulty lines, and what the error says after the file's name. */
const faults: readonly (readonly [what: string, line: string, says: string])[] =
  [
    ["text that is not JSON", "[7,", 'expected JSON, got "[7,"'],
    [
      "another form",
      '{"query":7}',
      "expected [query, [document, score], ...] or an object",
    ],
    ["null", "null", "expected [query, [document, score], ...] or an object"],
    [
      "an id that is a fraction",
      "[7.5,1,2]",
      "expected [query, [document, score], ...] or an object",
    ],
    [
      "an unknown query",
      "[8,1,2]",
      'expected the id of a query, got the unknown "8"',
    ],
    [
      "an unknown document",
      "[7,1,9]",
      'expected ids of documents, got the unknown "9"',
    ],
    [
      "a repeated document",
      "[7,1,1]",
      "expected at least two different documents, got 1, 1",
    ],
    [
      "one document",
      "[7,1]",
      "expected at least two different documents, got 1",
    ],
    [
      "too few scores",
      '{"query_id":7,"document_ids":[1,2],"scores":[1]}',
      "expected 2 finite scores, one a document, got [1]",
    ],
    [
      "a score that is a text",
      '[7,[1,"a"],[2,1]]',
      'expected 2 finite scores, one a document, got ["a",1]',
    ],
    [
      "scores that are no list",
      '{"query_id":7,"document_ids":[1,2],"scores":1}',
      "expected [query, [document, score], ...] or an object",
    ],
  ];

for (const [what, line, says] of faults) {
  Deno.test(`readTuples() names the line for ${what}`, async () => {
    await assertRejects(
      () => read(`[7,1,2]\n${line}\n`),
      SyntaxError,
      `:2: ${says}`,
    );
  });
}

Deno.test("readTuples() refuses an empty file", async () => {
  await assertRejects(
    () => read("\n"),
    SyntaxError,
    "expected at least one tuple, got none",
  );
});
