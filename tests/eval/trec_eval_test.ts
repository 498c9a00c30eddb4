import { assertAlmostEquals, assertEquals } from "@std/assert";
import { evaluate } from "#lib/eval/evaluate.ts";
import { parseQrels } from "#lib/eval/parse_qrels.ts";
import { parseRun } from "#lib/eval/parse_run.ts";
import type { Qrels, Run } from "#lib/eval/run.ts";
import real from "#tests/fixtures/eval/jqara.json" with { type: "json" };
import small from "#tests/fixtures/eval/trec_eval.json" with { type: "json" };
import { sharedPath } from "#tests/support/shared.ts";

type Table = Record<string, Record<string, number>>;

/** A table of a JSON file as a map of maps. */
function maps(table: Table): Map<string, Map<string, number>> {
  return new Map(
    Object.entries(table).map((
      [key, row],
    ) => [key, new Map(Object.entries(row))]),
  );
}

/** The text of a gzipped file. */
async function unzipped(path: string): Promise<string> {
  const { readable } = await Deno.open(path);
  return await new Response(
    readable.pipeThrough(new DecompressionStream("gzip")),
  ).text();
}

for (const { title, level, run, qrels, expected } of small.cases) {
  Deno.test(`evaluate() equals pytrec_eval to 1e-12 when a run has ${title}`, () => {
    const options = { measures: small.names, relevanceLevel: level };
    const found = evaluate(
      maps(run as unknown as Table),
      maps(qrels as unknown as Table),
      options,
    );
    assertEquals(found.queries, Object.keys(expected).length);
    for (const [query, values] of Object.entries(expected as Table)) {
      for (const name of small.names) {
        const value = found.perQuery[name]!.get(query)!;
        assertAlmostEquals(value, values[name]!, 1e-12, `${query} ${name}`);
      }
    }
  });
}

Deno.test("evaluate() equals pytrec_eval to 1e-12 on the real runs of JQaRA", async (t) => {
  const folder = sharedPath("datasets/jqara-runs");
  if (folder === undefined) return;
  const where = `${folder}/qrels.trec.gz`;
  const qrels = parseQrels(await unzipped(where), where);
  for (const [name, expected] of Object.entries(real.runs)) {
    await t.step(name, async () => {
      const path = `${folder}/${name}`;
      assertRun(parseRun(await unzipped(path), path), qrels, expected);
    });
  }
});

/** Holds one real run against what pytrec_eval gave. */
function assertRun(
  run: Run,
  qrels: Qrels,
  expected: {
    queries: number;
    mean: unknown;
    squares: unknown;
    perQuery: unknown;
  },
): void {
  const found = evaluate(run, qrels, { measures: real.names });
  assertEquals(found.queries, expected.queries);
  const means = expected.mean as Record<string, number>;
  const squares = expected.squares as Record<string, number>;
  for (const name of real.names) {
    const values = [...found.perQuery[name]!.values()];
    const square = values.reduce((sum, x) => sum + x * x, 0) / values.length;
    assertAlmostEquals(found.mean[name]!, means[name]!, 1e-12, name);
    assertAlmostEquals(square, squares[name]!, 1e-12, name);
    for (const [query, row] of Object.entries(expected.perQuery as Table)) {
      const value = found.perQuery[name]!.get(query)!;
      assertAlmostEquals(value, row[name]!, 1e-12, `${query} ${name}`);
    }
  }
}
