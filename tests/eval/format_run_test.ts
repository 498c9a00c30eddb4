import { assertEquals, assertThrows } from "@std/assert";
import { checkRunIds, formatRun } from "#lib/eval/format_run.ts";
import { parseRun } from "#lib/eval/parse_run.ts";

Deno.test("formatRun() writes scores that read back as the same numbers", () => {
  const scores = new Map([["a", 0.1], ["b", -1e-30], ["c", 123456.789], [
    "d",
    1 / 3,
  ]]);
  const run = new Map([["q1", scores], ["q2", new Map([["a", 2]])]]);
  const again = parseRun(formatRun(run), "run");
  assertEquals([...again.keys()], ["q1", "q2"]);
  for (const [id, score] of scores) {
    assertEquals(again.get("q1")!.get(id), score);
  }
});

Deno.test("formatRun() ranks equal scores by falling id, as trec_eval does", () => {
  const run = new Map([["q", new Map([["a", 1], ["c", 1], ["b", 1]])]]);
  assertEquals(
    formatRun(run, { tag: "t" }),
    "q Q0 c 1 1 t\nq Q0 b 2 1 t\nq Q0 a 3 1 t\n",
  );
});

Deno.test("formatRun() writes nothing of a query without documents", () => {
  assertEquals(formatRun(new Map([["q", new Map()]])), "");
});

Deno.test("formatRun() refuses ids and tags that six columns cannot carry", () => {
  const run = (query: string, id: string) =>
    new Map([[query, new Map([[id, 1]])]]);
  for (
    const [query, id, tag] of [["q 1", "d", "t"], ["q", "d\t1", "t"], [
      "q",
      "d",
      "",
    ]] as const
  ) {
    assertThrows(
      () => formatRun(run(query, id), { tag }),
      SyntaxError,
      "Cannot write a TREC run",
    );
  }
});

Deno.test("checkRunIds() names the first id that a run cannot hold", () => {
  checkRunIds("query", ["a", "ä-1"]);
  for (const id of ["", "two words", "a\u3000b"]) {
    assertThrows(
      () => checkRunIds("query", ["a", id]),
      SyntaxError,
      `Cannot write a TREC run: expected a query id without white space, got "${id}"`,
    );
  }
});
