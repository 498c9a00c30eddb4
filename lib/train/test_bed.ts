import type { Qrels } from "../eval/run.ts";
import type { SearchTask } from "../search/search_collection.ts";

/** Queries with their collection and judgements: what a model is measured on. */
export interface TestBed extends SearchTask {
  /** Judgements. */
  readonly qrels: Qrels;
}
