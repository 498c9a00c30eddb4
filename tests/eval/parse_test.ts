import { assertEquals, assertThrows } from "@std/assert";
import { msMarcoMrr, parseRankedRun } from "#lib/eval/ms_marco_mrr.ts";
import { parseQrels } from "#lib/eval/parse_qrels.ts";
import { parseRun } from "#lib/eval/parse_run.ts";

/** A map of maps as plain entries. */
const entries = (table: ReadonlyMap<string, ReadonlyMap<string, number>>) =>
  [...table].map(([query, row]) => [query, [...row]]);

Deno.test("parseRun() reads spaces, tabs, Windows lines, a byte order mark and blank lines alike", () => {
  const expected = [["q1", [["d1", 2.5], ["d2", -1e-3]]], ["q2", [["d1", 7]]]];
  const texts = [
    "q1 Q0 d1 1 2.5 x\nq1 Q0 d2 2 -1e-3 x\nq2 Q0 d1 1 7 x\n",
    "q1\tQ0\td1\t1\t2.5\tx\nq1\tQ0\td2\t2\t-.001\tx\nq2\tQ0\td1\t1\t+7.\tx",
    "\ufeffq1 Q0 d1 1 2.5 x\r\n\r\nq1 Q0  d2 2 -1e-3 x\r\n \t\nq2 Q0 d1 1 7 x\r\n",
  ];
  for (const text of texts) {
    assertEquals(entries(parseRun(text, "run")), expected);
  }
});

Deno.test("parseRun() keeps an ideographic space inside an id and ignores the rank column", () => {
  const run = parseRun("東京　都 Q0 文書　一 99 1 x\n", "run");
  assertEquals(entries(run), [["東京　都", [["文書　一", 1]]]]);
});

Deno.test("parseRun() names file and line when a line is hostile", () => {
  const good = "q Q0 d 1 1 x\n";
  const hostile = [
    [
      "q Q0 e 1",
      "expected 6 columns: query Q0 document rank score name, got 4",
    ],
    ["q Q0 e 1 1 x y", "got 7"],
    ["q\te\t1", "got 3 (an MS MARCO run has ranks, not scores)"],
    ["q Q0 e 1 nan x", 'expected a finite number as score, got "nan"'],
    ["q Q0 e 1 inf x", 'got "inf"'],
    ["q Q0 e 1 Infinity x", 'got "Infinity"'],
    ["q Q0 e 1 1e999 x", 'got "1e999"'],
    ["q Q0 e 1 0x10 x", 'got "0x10"'],
    ["q Q0 e 1 1,5 x", 'got "1,5"'],
    ["q Q0 e 1 - x", 'got "-"'],
    ["q Q0 e 1 1e x", 'got "1e"'],
    ["q Q0 d 2 0.5 x", 'document "d" again for query "q"'],
    ["\u0000", "got 1"],
  ];
  for (const [line, message] of hostile) {
    const error = assertThrows(
      () => parseRun(`${good}\n${line}\n`, "a/run.trec"),
      SyntaxError,
      message!,
    );
    assertEquals(
      (error as Error).message.startsWith("Cannot read a/run.trec:3: "),
      true,
    );
  }
  assertThrows(
    () => parseRun("\n\n", "empty.trec"),
    SyntaxError,
    "Cannot read empty.trec: expected a retrieved document, got none",
  );
});

Deno.test("parseRun() takes ids that are names of every object's properties", () => {
  const run = parseRun("__proto__ Q0 constructor 1 1 x\n", "run");
  assertEquals(entries(run), [["__proto__", [["constructor", 1]]]]);
});

Deno.test("parseQrels() reads TREC's and BEIR's form, with and without header", () => {
  const expected = [["q1", [["d1", 2], ["d2", 0]]], ["q2", [["d1", -1]]]];
  const texts = [
    "q1 0 d1 2\nq1 0 d2 0\nq2 0 d1 -1\n",
    "q1\t0\td1\t2\r\nq1\t0\td2\t0\r\nq2\t0\td1\t-1\r\n",
    "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t0\n\nq2\td1\t-1",
    "\ufeffquery-id\tcorpus-id\tscore\r\nq1\td1\t2\r\nq1\td2\t0\r\nq2\td1\t-1\r\n",
    "q1\td1\t2\nq1\td2\t0\nq2\td1\t-1\n",
    "q1 d1 2\nq1 d2 0\nq2 d1 -1\n",
  ];
  for (const text of texts) {
    assertEquals(entries(parseQrels(text, "qrels")), expected);
  }
});

Deno.test("parseQrels() keeps spaces in the ids of a file with tabs", () => {
  const qrels = parseQrels("what is it\ta document\t1\n", "qrels");
  assertEquals(entries(qrels), [["what is it", [["a document", 1]]]]);
});

Deno.test("parseQrels() names file and line when a line is hostile", () => {
  const hostile = [
    ["q 0 d 1\nq 0 e", "Cannot read f:2: expected 4 columns as before, got 3"],
    ["q\td\t1\nq\te\t1\t1", "Cannot read f:2: expected 3 columns as before"],
    ["q 0 d 1\nq 0 e 1.5", 'expected a whole number as grade, got "1.5"'],
    ["q 0 d 1\nq 0 e one", 'got "one"'],
    ["q 0 d 1\nq 0 e 99999999999", 'got "99999999999"'],
    ["q 0 d 1\nq 0 d 1", "Cannot read f:2: expected each document once"],
    ["q\td\t1\n\td\t1", "expected a query id and a document id"],
    ["q d", "Cannot read f:1: expected 4 columns"],
    ["", "Cannot read f: expected a judgement, got none"],
    ["query-id\tcorpus-id\tscore\n", "expected a judgement, got none"],
  ];
  for (const [text, message] of hostile) {
    assertThrows(() => parseQrels(text!, "f"), SyntaxError, message!);
  }
});

Deno.test("msMarcoMrr() takes ranks from the file and divides by all judged queries", () => {
  const run = parseRankedRun(
    "q1\ta\t3\nq1\tb\t1\nq2\ta\t11\nq9\ta\t1\nq4\tb\t10\nq4\ta\t2\n",
    "run.tsv",
  );
  const judged = ["q1", "q2", "q3", "q4"].map((q) => `${q} 0 a 1`).join("\n");
  const { perQuery, mean } = msMarcoMrr(run, parseQrels(judged, "qrels"));
  assertEquals(entries(new Map([["", perQuery]])), [["", [
    ["q1", 1 / 3],
    ["q2", 0],
    ["q3", 0],
    ["q4", 1 / 2],
  ]]]);
  assertEquals(mean, (1 / 3 + 1 / 2) / 4);
});

Deno.test("msMarcoMrr() counts the first of several relevant, grades from 1, and up to its depth", () => {
  const run = parseRankedRun("q\ta\t1\nq\tb\t2\nq\tc\t3\n", "run.tsv");
  const qrels = parseQrels("q 0 a 0\nq 0 b 2\nq 0 c 1\n", "qrels");
  assertEquals(msMarcoMrr(run, qrels).mean, 1 / 2);
  assertEquals(msMarcoMrr(run, qrels, { cut: 1 }).mean, 0);
});

Deno.test("parseRankedRun() names file and line when a line is hostile", () => {
  const hostile = [
    ["q\ta\t1\t2", "expected 3 columns: query document rank, got 4"],
    ["q\ta\t0", 'expected a rank from 1, got "0"'],
    ["q\ta\t1.5", 'got "1.5"'],
    ["q\td\t2", 'document "d" again for query "q"'],
    ["q\te\t1", "expected each rank once for a query, got rank 1 again"],
  ];
  for (const [line, message] of hostile) {
    assertThrows(
      () => parseRankedRun(`q\td\t1\n${line}`, "run.tsv"),
      SyntaxError,
      message!,
    );
  }
  assertThrows(() => parseRankedRun("", "run.tsv"), SyntaxError, "got none");
});

Deno.test("msMarcoMrr() refuses judgements that have no query of the run", () => {
  const run = parseRankedRun("q\ta\t1\n", "run.tsv");
  const qrels = parseQrels("x 0 a 1\n", "qrels");
  assertThrows(() => msMarcoMrr(run, qrels), RangeError, "none of 1 and 1");
  assertThrows(
    () => msMarcoMrr(run, qrels, { cut: 0 }),
    RangeError,
    "a depth of at least 1, got 0",
  );
});
