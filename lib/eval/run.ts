/** Scores of retrieved documents by query id, then document id. */
export type Run = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** Relevance grades by query id, then document id; an integer, 0 is not relevant. */
export type Qrels = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** One figure a query, by query id. */
export type PerQuery = ReadonlyMap<string, number>;
