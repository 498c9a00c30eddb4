import "#tests/support/permitted.ts";
import {
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { PUBLISHED_FOLDER } from "#lib/paper/data_folders.ts";
import {
  publishedNumber,
  readPublished,
} from "#lib/store/results/published.ts";

Deno.test("readPublished() reads every file of the lab", async () => {
  for (const { name } of Deno.readDirSync(PUBLISHED_FOLDER)) {
    const { tables } = await readPublished(`${PUBLISHED_FOLDER}/${name}`);
    assertEquals(tables.length > 0, true, name);
  }
});

Deno.test("published averages of JaColBERTv2.5 are those of their columns, but where a note says so", async () => {
  const { tables } = await readPublished(
    `${PUBLISHED_FOLDER}/jacolbert_v2_5.json`,
  );
  const known = new Set([
    "fixed 32",
    "dynamic",
    "MarginMSE",
    "KL + 0.05 MarginMSE",
    "KL + 0.1 MarginMSE",
    "japanese-reranker-cross-encoder-base-v1",
  ]);
  for (const { rows } of tables) {
    for (const [row, numbers] of Object.entries(rows)) {
      if (known.has(row)) continue;
      const [a, , b, , average, overall] = numbers;
      // Three digits were rounded on both sides.
      assertAlmostEquals(average!, (a! + b!) / 2, 0.0011, row);
      const all = numbers.slice(0, 4).reduce((sum, value) => sum + value, 0) /
        4;
      assertAlmostEquals(overall!, all, 0.0011, row);
    }
  }
});

Deno.test("arms that several tables of JaColBERTv2.5 have are the same in all", async () => {
  const { tables } = await readPublished(
    `${PUBLISHED_FOLDER}/jacolbert_v2_5.json`,
  );
  const measures = (table: string, row: string) =>
    tables.find((one) => one.table === table)!.rows[row]!.slice(0, 4);
  const original = "original ColBERTv2 scores (ms-marco-MiniLM-L-6-v2)";
  assertEquals(measures("Table 3", "KL"), measures("Table 4", original));
  assertEquals(
    measures("Table 2", "fixed 32"),
    measures("Table 8", "original settings, 320k tuples"),
  );
  assertEquals(
    measures("Table 4", "bge-reranker-v2-m3 (M3)"),
    measures("Table 8", "final settings, 320k tuples"),
  );
  // One row an arm: six teachers beside the original one, eleven mixtures.
  const rows = tables.map(({ table, rows }) => [
    table,
    Object.keys(rows).length,
  ]);
  assertEquals(Object.fromEntries(rows), {
    "Table 2": 4,
    "Table 3": 14,
    "Table 4": 7,
    "Table 5": 11,
    "Table 8": 4,
  });
});

Deno.test("publishedNumber() refuses what the paper has not", () => {
  const tables = [{ table: "T", about: "a", columns: ["x"], rows: { r: [1] } }];
  for (
    const where of [{ table: "U", row: "r", column: "x" }, {
      table: "T",
      row: "toString",
      column: "x",
    }, { table: "T", row: "r", column: "y" }]
  ) {
    assertThrows(
      () => publishedNumber(tables, where),
      RangeError,
      "expected a table, row and column of the paper",
    );
  }
});

Deno.test("readPublished() refuses a damaged file", async () => {
  const path = await Deno.makeTempFile();
  const good = { table: "T", about: "a", columns: ["x"], rows: { r: [1] } };
  const cases: [unknown, string][] = [
    [{ url: "u", tables: [] }, "expected a paper and its url"],
    [{ paper: "p", url: "u", tables: {} }, "expected a list of tables"],
    [
      { paper: "p", url: "u", tables: [null] },
      "expected a name and what it is about in table 0",
    ],
    [
      { paper: "p", url: "u", tables: [good, { ...good, columns: [1] }] },
      "expected a list of columns in table 1",
    ],
    [
      { paper: "p", url: "u", tables: [{ ...good, rows: [] }] },
      "expected rows by name",
    ],
    [
      { paper: "p", url: "u", tables: [{ ...good, rows: { r: [1, 2] } }] },
      'expected 1 finite numbers of row "r"',
    ],
    [
      { paper: "p", url: "u", tables: [{ ...good, notes: 1 }] },
      "expected notes that are a text",
    ],
  ];
  for (const [content, expected] of cases) {
    await Deno.writeTextFile(path, JSON.stringify(content));
    await assertRejects(() => readPublished(path), SyntaxError, expected);
  }
  await Deno.remove(path);
});
