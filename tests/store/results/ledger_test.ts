import "#tests/support/permitted.ts";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { appendToLedger, readLedger } from "#lib/store/results/ledger.ts";
import {
  formatItemValues,
  parseItemValues,
} from "#lib/store/results/item_values.ts";
import { parseLedgerRow } from "#lib/store/results/ledger_row.ts";

const ROW = {
  experiment: "S-2",
  scale: "small",
  arm: "beta 0.9",
  seed: 3,
  epoch: 1,
  settings: { beta: 0.9, cut: true, masks: "none" },
  hash: "0123456789abcdef",
  commit: "unknown",
  engine: "reference",
  device: "a test",
  seconds: 1.5,
};
const VALUES = {
  items: ["p", "q"],
  values: { ndcg: [1 / 3, 1], mrr: [0, 0.5] },
};

/** Does work in a folder with a ledger of two seeds. */
async function withLedger(work: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await appendToLedger(folder, ROW, VALUES);
    await appendToLedger(folder, { ...ROW, seed: 4 }, {
      ...VALUES,
      items: ["r", "s"],
    });
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Changes a file of the ledger and tells how reading it fails. */
async function refusal(
  file: string,
  change: (text: string) => string,
  expected: string,
) {
  await withLedger(async (folder) => {
    const path = `${folder}/${file}`;
    await Deno.writeTextFile(path, change(await Deno.readTextFile(path)));
    await assertRejects(() => readLedger(folder, "S-2"), SyntaxError, expected);
  });
}

Deno.test("readLedger() gives back what was appended, rounded to seven digits", () =>
  withLedger(async (folder) => {
    const [one, other, ...rest] = await readLedger(folder, "S-2");
    assertEquals(rest, []);
    const { items, measures, values: _, ...row } = one!.row;
    assertEquals(row, ROW);
    assertEquals([items, measures], [2, {
      ndcg: (0.3333333 + 1) / 2,
      mrr: 0.25,
    }]);
    assertEquals(one!.values, {
      items: ["p", "q"],
      values: { ndcg: [0.3333333, 1], mrr: [0, 0.5] },
    });
    assertEquals(other!.row.seed, 4);
  }));

Deno.test("appendToLedger() cuts off what a killed process left of a line", () =>
  withLedger(async (folder) => {
    for (const file of ["S-2.jsonl", "per_query/S-2.jsonl"]) {
      await Deno.writeTextFile(
        `${folder}/${file}`,
        `{"torn":${"1".repeat(9000)}`,
        { append: true },
      );
    }
    assertEquals((await readLedger(folder, "S-2")).length, 2);
    await appendToLedger(folder, { ...ROW, seed: 5 }, VALUES);
    assertEquals((await readLedger(folder, "S-2")).map(({ row }) => row.seed), [
      3,
      4,
      5,
    ]);
  }));

Deno.test("readLedger() takes a row back whose values were never followed by it", () =>
  withLedger(async (folder) => {
    const { line } = formatItemValues({ items: ["x"], values: { ndcg: [1] } });
    await Deno.writeTextFile(`${folder}/per_query/S-2.jsonl`, line + "\n", {
      append: true,
    });
    assertEquals((await readLedger(folder, "S-2")).length, 2);
  }));

Deno.test("readLedger() refuses values that are gone, changed or of another row", async () => {
  const values = "per_query/S-2.jsonl";
  await refusal(values, () => "", "none with this hash");
  await refusal(
    values,
    (text) => text.replace("0.5", "0.6"),
    "none with this hash",
  );
  await refusal(
    "S-2.jsonl",
    (text) => text.replace('"mrr":0.25', '"mrr":0.26'),
    "expected mean mrr of 0.25, got 0.26",
  );
  await refusal(
    "S-2.jsonl",
    (text) => text.replace('"items":2', '"items":3'),
    "expected 2 items, got 3",
  );
  await refusal(
    "S-2.jsonl",
    (text) => text.replace('"mrr":0.25', '"map":0.25'),
    "expected measures ndcg, mrr, got",
  );
});

Deno.test("readLedger() refuses rows told twice, of another experiment, or damaged", async () => {
  const twice = (text: string) => text + text;
  await refusal(
    "S-2.jsonl",
    twice,
    "S-2.jsonl:3: expected an arm and seed once, got beta 0.9, seed 3 again",
  );
  await refusal(
    "S-2.jsonl",
    (text) => text.replace('"S-2"', '"S-3"'),
    "expected a row of S-2, got one of S-3",
  );
  await refusal(
    "S-2.jsonl",
    (text) => "\n" + text,
    "S-2.jsonl:1: expected one JSON object",
  );
});

Deno.test("readLedger() refuses an id that is a path", async () => {
  await assertRejects(
    () => readLedger("x", "../S-2"),
    RangeError,
    "letters, digits and dashes",
  );
});

Deno.test("parseLedgerRow() refuses each field that is not of its kind", () => {
  const whole = {
    ...ROW,
    items: 2,
    measures: { ndcg: 1 },
    values: "0".repeat(64),
  };
  assertEquals(parseLedgerRow(JSON.stringify(whole), "f:1"), whole);
  const bad: Readonly<Record<string, unknown>> = {
    experiment: "../x",
    scale: 1,
    arm: "",
    seed: -1,
    epoch: 0.5,
    settings: { nested: {} },
    hash: "0123",
    commit: "main",
    engine: null,
    device: "x".repeat(201),
    seconds: "1",
    items: 0,
    measures: { ndcg: null },
    values: "z".repeat(64),
  };
  for (const [name, value] of Object.entries(bad)) {
    const text = JSON.stringify({ ...whole, [name]: value });
    assertThrows(
      () => parseLedgerRow(text, "f:1"),
      SyntaxError,
      `Cannot read f:1: expected ${name} to be`,
    );
    const { [name as keyof typeof whole]: _, ...without } = whole;
    assertThrows(
      () => parseLedgerRow(JSON.stringify(without), "f:1"),
      SyntaxError,
      "got nothing",
    );
  }
  assertThrows(
    () => parseLedgerRow(JSON.stringify({ ...whole, extra: 1 }), "f:1"),
    SyntaxError,
    'got "extra"',
  );
  assertThrows(
    () => parseLedgerRow('{"a":1,"a":1}', "f:1"),
    SyntaxError,
    '"a" twice',
  );
  assertThrows(
    () => parseLedgerRow("[]", "f:1"),
    SyntaxError,
    "one JSON object",
  );
});

Deno.test("formatItemValues() refuses what is no value an item", () => {
  const cases: [string[], Record<string, number[]>, string][] = [
    [["a", "a"], { m: [1, 2] }, "expected every item once"],
    [["a"], { m: [NaN] }, "expected finite values of m, got NaN for a"],
    [["a"], { m: [Infinity] }, "got Infinity for a"],
    [["a"], { m: [] }, "expected 1 values of m, one an item, got 0"],
    [["a"], {}, "expected a measure, got none"],
    [[], { m: [] }, "expected the names of items"],
  ];
  for (const [items, values, expected] of cases) {
    assertThrows(
      () => formatItemValues({ items, values }),
      RangeError,
      expected,
    );
  }
  assertThrows(
    () => parseItemValues('{"items":["a"],"values":{"m":[1]},"x":1}', "f:1"),
    SyntaxError,
    'got "x"',
  );
});
