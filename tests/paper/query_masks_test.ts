import "#tests/support/permitted.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { useEngine } from "#lib/engine/use_engine.ts";
import { tf } from "#lib/engine/tensor.ts";
import { evaluate } from "#lib/eval/evaluate.ts";
import type { Measured } from "#lib/paper/experiment.ts";
import { QUERY_MASKS } from "#lib/paper/query_masks.ts";
import { queryRows } from "#lib/paper/query_rows.ts";
import { retrieverOf } from "#lib/search/retriever.ts";
import { searchCollection } from "#lib/search/search_collection.ts";
import { loadModel } from "#lib/store/model/load_model.ts";
import { prepareTraining } from "#lib/train/prepare.ts";
import { smallBert } from "#tests/text/small_tokenizer.ts";
import { type TinyFiles, withTinyFiles } from "#tests/train/tiny_training.ts";

const RULES = [
  { masks: "none", cut: true },
  { masks: "none", cut: false },
  { masks: "fixed", cut: true },
  { masks: "fixed", cut: false },
  { masks: "plus8", cut: false },
  { masks: "dynamic-paper", cut: false },
] as const;

/** Rows of a short and a long query; a fixed length of 5 holds two letters. */
function rowsOf() {
  const queries = new Map([["short", "a"], ["long", "a b c a b"]]);
  const options = { length: 5, longest: 60, attendMask: false, marker: "[Q]" };
  return queryRows(queries, smallBert(), { ...options, rules: RULES });
}

Deno.test("queryRows() tells cutting from filling", () => {
  const { ids, rowOf, packed, lengths } = rowsOf();
  const tokens = (rule: number, query: number) => {
    const at = ids.indexOf(rowOf[rule]![query]!);
    return [...packed.ids.slice(packed.offsets[at], packed.offsets[at + 1])];
  };
  const [cls, sep, mask, q, a, b, c] = [2, 3, 4, 5, 7, 8, 9];
  assertEquals(lengths, [4, 8]);
  assertEquals(tokens(0, 1), [cls, q, a, b, sep]);
  assertEquals(tokens(1, 1), [cls, q, a, b, c, a, b, sep]);
  assertEquals(tokens(2, 0), [cls, q, a, sep, mask]);
  assertEquals(tokens(2, 1), tokens(0, 1));
  assertEquals(tokens(3, 1), tokens(1, 1));
  assertEquals(tokens(4, 1), [...tokens(1, 1), ...Array(8).fill(mask)]);
  assertEquals(tokens(5, 1).length, 32);
});

Deno.test("queryRows() keeps a row that two rules share only once", () => {
  const { ids, rowOf } = rowsOf();
  // Short: none, fixed, plus 8, dynamic; long: cut, whole, plus 8, dynamic.
  assertEquals(ids.length, 8);
  assertEquals(rowOf[0]![0], rowOf[1]![0]);
  assertEquals(rowOf[2]![1], rowOf[0]![1]);
});

Deno.test("queryRows() lets no word look at a [MASK], but scores it", () => {
  const { packed } = rowsOf();
  assertEquals([...packed.keep].every((keep) => keep === 1), true);
  [...packed.ids].forEach((id, i) =>
    assertEquals(packed.attend[i], id === 4 ? 0 : 1)
  );
});

Deno.test("queryRows() refuses a vocabulary without [MASK]", () => {
  const tokenizer = { ...smallBert(), special: { cls: 2, sep: 3 } };
  const options = { length: 5, longest: 9, attendMask: false, rules: RULES };
  assertThrows(
    () => queryRows(new Map([["q", "a"]]), tokenizer, options),
    RangeError,
    "Cannot fill queries: expected a vocabulary with [MASK], got none",
  );
});

/** What the experiment is asked for, on the tiny model. */
function askedOf({ root, model, data }: TinyFiles) {
  const { arms, scales } = QUERY_MASKS;
  const small = {
    queryLength: 8,
    documentLength: 16,
    steps: 3,
    batch: 4,
    queries: 0,
    documents: 0,
  };
  return {
    arms,
    seed: 2,
    settings: { ...scales.smoke.settings, ...small, model, data },
    work: `${root}/work`,
    engine: "reference",
  } as const;
}

Deno.test("J-Q1 measures each arm as a search with that query form does", () =>
  withTinyFiles(async (files) => {
    await useEngine("reference");
    const asked = askedOf(files);
    const found: Measured[] = await Array.fromAsync(QUERY_MASKS.run(asked));
    assertEquals(
      found.map(({ arm }) => arm),
      QUERY_MASKS.arms.map(({ name }) => name),
    );
    const model = await loadModel(`${asked.work}/model`);
    const { test } = await prepareTraining({
      model: files.model,
      data: files.data,
      engine: "reference",
    });
    const retriever = retrieverOf(model);
    for (
      const [arm, expansion, length] of [["fixed 32", "fixed", 8], [
        "none, cut",
        "none",
        8,
      ], ["plus 8, whole", "plus8", 50]] as const
    ) {
      const run = await searchCollection({
        ...retriever,
        queryForm: { ...model.queryForm, expansion, length },
      }, test);
      const { perQuery } = evaluate(run, test.qrels, {
        measures: ["ndcg_cut_10"],
      });
      const { items, values } = found.find((one) => one.arm === arm)!.values;
      assertEquals(items, [...test.qrels.keys()]);
      items.forEach((id, i) =>
        assertEquals(values.ndcg_cut_10![i], perQuery.ndcg_cut_10!.get(id))
      );
    }
    tf.dispose(retriever.parameters);
  }));

Deno.test("J-Q1 takes a model that was trained before, and keeps no checkpoint of it", () =>
  withTinyFiles(async (files) => {
    await useEngine("reference");
    const asked = askedOf(files);
    const [one] = asked.arms;
    const first = await Array.fromAsync(
      QUERY_MASKS.run({ ...asked, arms: [one!] }),
    );
    const names = [...Deno.readDirSync(asked.work)].map(({ name }) => name);
    assertEquals(names.filter((name) => name.startsWith("checkpoint-")), []);
    await Deno.remove(`${asked.work}/metrics.jsonl`);
    const second = await Array.fromAsync(
      QUERY_MASKS.run({ ...asked, arms: [one!] }),
    );
    assertEquals(second, first);
    assert(
      !names.includes("metrics.jsonl") ||
        [...Deno.readDirSync(asked.work)].every(({ name }) =>
          name !== "metrics.jsonl"
        ),
    );
  }));
