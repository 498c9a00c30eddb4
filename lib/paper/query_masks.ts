import { tf } from "../engine/tensor.ts";
import { evaluate } from "../eval/evaluate.ts";
import type { Run } from "../eval/run.ts";
import type { QueryExpansion } from "../text/query_form.ts";
import { encodeDocuments } from "../search/encode_collection.ts";
import { searchExactly } from "../search/exact_max_sim.ts";
import { retrieverOf } from "../search/retriever.ts";
import type { Experiment, Measured, Measuring } from "./experiment.ts";
import { queryRows } from "./query_rows.ts";
import { type TrainedForExperiment, trainQuietly } from "./train_quietly.ts";

/** Longest query, in tokens, where none is cut: far beyond any of SciFact. */
const LONGEST = 256;

/** The measures that are kept. */
const MEASURES: readonly string[] = ["ndcg_cut_10", "recall_100"];

/** An arm of the experiment. */
const arm = (name: string, masks: QueryExpansion, cut: boolean) => ({
  name,
  settings: { masks, cut },
});

/** Settings that both scales share. */
const TRAINING = {
  model: "../shared/models/minilm-l6",
  data: "../shared/datasets/scifact",
  ways: 2,
  temperature: 1,
  learningRate: 1e-4,
  queryLength: 32,
};

/**
 * Experiment J-Q1: how many [MASK] tokens follow a query when it is asked.
 *
 * Source: Clavié 2024, table 2 and section 4.
 *
 * @example Usage
 * ```ts
 * import { QUERY_MASKS } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(QUERY_MASKS.id, "J-Q1");
 * ```
 */
export const QUERY_MASKS: Experiment = {
  id: "J-Q1",
  paper: "Clavié 2024, JaColBERTv2.5",
  where: "table 2; rows none, fixed +8, fixed 32, dynamic",
  question: "How many [MASK] tokens should follow a query?",
  hypothesis:
    "Some are far better than none, eight are a little worse than filling up to 32, " +
    "and a dynamic length changes little, and only for long queries.",
  arms: [
    arm("fixed 32", "fixed", true),
    arm("fixed 32, whole", "fixed", false),
    arm("none, cut", "none", true),
    arm("none, whole", "none", false),
    arm("plus 8, cut", "plus8", true),
    arm("plus 8, whole", "plus8", false),
    arm("dynamic, paper", "dynamic-paper", false),
    arm("dynamic, code", "dynamic-code", false),
  ],
  baseline: "fixed 32",
  measure: "ndcg_cut_10",
  items: "queries",
  claims: [
    {
      id: "masks",
      says: "32 positions filled with [MASK] find more than none",
      kind: "more",
      measure: "ndcg_cut_10",
      arm: "fixed 32",
      than: "none, cut",
    },
    {
      id: "eight",
      says: "filling to 32 finds more than 8 [MASK]",
      kind: "more",
      measure: "ndcg_cut_10",
      arm: "fixed 32, whole",
      than: "plus 8, whole",
    },
    {
      id: "dynamic",
      says:
        "the paper's dynamic length and filling to 32 find equally much, no query cut",
      kind: "same",
      measure: "ndcg_cut_10",
      arm: "dynamic, paper",
      than: "fixed 32, whole",
      margin: 0.01,
    },
    {
      id: "rules",
      says:
        "the dynamic length of the paper and that of the code find equally much",
      kind: "same",
      measure: "ndcg_cut_10",
      arm: "dynamic, paper",
      than: "dynamic, code",
      margin: 0.01,
    },
    {
      id: "truncation",
      says:
        "whole queries find more than queries cut to 32, both without [MASK]",
      kind: "more",
      measure: "ndcg_cut_10",
      arm: "none, whole",
      than: "none, cut",
    },
    {
      id: "truncation-filled",
      says: "whole queries find more than queries cut to 32, both filled to 32",
      kind: "more",
      measure: "ndcg_cut_10",
      arm: "fixed 32, whole",
      than: "fixed 32",
    },
  ],
  differs: [
    "English claims (SciFact, test) on MiniLM with a new head, not Japanese questions " +
    "on a BERT that was a ColBERT already; documents are cut at 128 tokens.",
    "Trained here by in-batch contrastive loss with one BM25 negative a query, one pass " +
    "and less over 809 queries, not by KL on 320,000 scored tuples.",
    "The paper trained one model; here each seed trains its own, and all arms of a seed " +
    "share it.",
    "The paper's fixed 32 cuts long queries and its dynamic length does not; here cutting " +
    "is a setting of its own.",
  ],
  scales: {
    smoke: {
      says: "30 test queries, about 150 documents cut at 48 tokens, 3 steps: " +
        "to see that it works, not to learn from",
      settings: {
        ...TRAINING,
        steps: 3,
        batch: 4,
        documentLength: 48,
        queries: 30,
        documents: 150,
      },
    },
    small: {
      says:
        "all 300 test queries over all 5,183 documents; 40 steps of 16 queries",
      settings: {
        ...TRAINING,
        steps: 40,
        batch: 16,
        documentLength: 128,
        queries: 0,
        documents: 0,
      },
    },
  },
  engine: "auto",
  run,
};

/** Trains the model of a seed and measures every arm with it. */
async function* run(asked: Measuring): AsyncGenerator<Measured> {
  const trained = await modelOf(asked);
  for (const [name, found] of await searchArms(trained, asked)) {
    const { qrels } = trained.test;
    const { perQuery } = evaluate(found, qrels, {
      measures: MEASURES,
      complete: true,
    });
    const items = [...qrels.keys()];
    const values = Object.fromEntries(
      MEASURES.map((measure) => [
        measure,
        items.map((id) => perQuery[measure]!.get(id)!),
      ]),
    );
    yield { arm: name, values: { items, values } };
  }
}

/** The trained model of a seed, from its folder where it is there. */
async function modelOf(
  { settings, seed, work, engine, progress, signal }: Measuring,
): Promise<TrainedForExperiment> {
  const limit = (name: string) =>
    settings[name] === 0 ? {} : { [name]: Number(settings[name]) };
  return await trainQuietly({
    model: settings.model!,
    data: settings.data!,
    steps: settings.steps!,
    batch: settings.batch!,
    ways: settings.ways!,
    temperature: settings.temperature!,
    "learning-rate": settings.learningRate!,
    "query-length": settings.queryLength!,
    "document-length": settings.documentLength!,
    "query-form": "fixed",
    loss: "contrastive",
    "save-every": 20,
    seed,
    engine,
  }, {
    out: work,
    limit: { ...limit("queries"), ...limit("documents") },
    ...(progress && { progress }),
    ...(signal && { signal }),
  });
}

/** Searches once for all arms: every distinct row of query tokens is one query. */
async function searchArms(
  { model, test }: TrainedForExperiment,
  { arms, settings, seed, progress, signal }: Measuring,
): Promise<(readonly [name: string, run: Run])[]> {
  const rows = queryRows(test.queries, model.tokenizer, {
    marker: model.queryForm.marker,
    length: Number(settings.queryLength),
    longest: LONGEST,
    attendMask: model.queryForm.attendMask,
    rules: arms.map((arm) => ({
      masks: arm.settings.masks as QueryExpansion,
      cut: arm.settings.cut === true,
    })),
  });
  const retriever = retrieverOf(model);
  const vectors = retriever.encoder.encode(rows.packed, retriever.parameters);
  try {
    const parts = encodeDocuments(retriever, test.documents, {
      label: `seed ${seed}: encode documents`,
      ...(progress && { progress }),
      ...(signal && { signal }),
    });
    const found = await searchExactly({ ids: rows.ids, vectors }, parts, {
      depth: 100,
    });
    const queries = [...test.queries.keys()];
    return arms.map((arm, place) => [
      arm.name,
      new Map(queries.map((query, i) => [
        query,
        found.get(rows.rowOf[place]![i]!)!,
      ])),
    ]);
  } finally {
    tf.dispose([vectors.values, ...Object.values(retriever.parameters)]);
  }
}
