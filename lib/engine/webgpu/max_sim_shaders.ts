/**
 * MaxSim in WGSL, in the form of TensorFlow.js's WebGPU programs: inputs are arrays by
 * their names, `uniforms` are numbers, and `main` is called for every element of the
 * output. All sums are gathered, none scattered: they do not depend on who is first.
 *
 * @module
 */

/** A program's inputs by name, and what it does for every element of its output. */
export interface Shader {
  /** Its name among all programs. */
  readonly key: string;
  /** Arrays it reads, in their order. */
  readonly inputs: readonly string[];
  /** WGSL with a function `main`. */
  readonly code: string;
}

/** The numbers that all four programs are told. */
export const MAX_SIM_UNIFORMS = "columns : i32, dim : i32, ways : i32,";

/** `<queries[q], documents[d]>`, the features one after another. */
const SIMILARITY = `
fn similarity(q : i32, d : i32) -> f32 {
  var sum = 0.0;
  for (var i = 0; i < uniforms.dim; i++) {
    sum += queries[q * uniforms.dim + i] * documents[d * uniforms.dim + i];
  }
  return sum;
}`;

/**
 * The winning document token of every query token and column, `[queryTokens, columns]`:
 * the first of equals, NaN before all; -1 where the query token is dropped.
 */
export const WINNERS: Shader = {
  key: "labMaxSimWinners",
  inputs: [
    "queries",
    "documents",
    "tokenQuery",
    "documentOffsets",
    "documentKeep",
  ],
  code: `${SIMILARITY}
fn main(index : i32) {
  if (index >= uniforms.size) { return; }
  let token = index / uniforms.columns;
  let column = index % uniforms.columns;
  let query = tokenQuery[token];
  var winner = -1;
  if (query >= 0) {
    var document = column;
    if (uniforms.ways > 0) { document += query * uniforms.ways; }
    let end = documentOffsets[document + 1];
    var best = 0.0;
    for (var d = documentOffsets[document]; d < end; d++) {
      if (documentKeep[d] == 0) { continue; }
      let value = similarity(token, d);
      if (isnan(value)) { winner = d; break; }
      if (winner < 0 || value > best) { winner = d; best = value; }
    }
  }
  setOutputAtIndexI32(index, winner);
}`,
};

/** The sum of a query's bests, `[queries, columns]`. */
export const SCORES: Shader = {
  key: "labMaxSimScores",
  inputs: ["queries", "documents", "winners", "queryOffsets"],
  code: `${SIMILARITY}
fn main(index : i32) {
  if (index >= uniforms.size) { return; }
  let query = index / uniforms.columns;
  let column = index % uniforms.columns;
  let end = queryOffsets[query + 1];
  var sum = 0.0;
  for (var token = queryOffsets[query]; token < end; token++) {
    let winner = winners[token * uniforms.columns + column];
    if (winner >= 0) { sum += similarity(token, winner); }
  }
  setOutputAtIndex(index, sum);
}`,
};

/** Each query token gets the tokens that won it, `[queryTokens, dim]`. */
export const QUERY_GRADIENT: Shader = {
  key: "labMaxSimQueryGradient",
  inputs: ["dscores", "documents", "winners", "tokenQuery"],
  code: `
fn main(index : i32) {
  if (index >= uniforms.size) { return; }
  let token = index / uniforms.dim;
  let feature = index % uniforms.dim;
  let query = tokenQuery[token];
  var sum = 0.0;
  if (query >= 0) {
    for (var column = 0; column < uniforms.columns; column++) {
      let winner = winners[token * uniforms.columns + column];
      sum += dscores[query * uniforms.columns + column] *
        documents[winner * uniforms.dim + feature];
    }
  }
  setOutputAtIndex(index, sum);
}`,
};

/** Each document token gets the query tokens it won, `[documentTokens, dim]`. */
export const DOCUMENT_GRADIENT: Shader = {
  key: "labMaxSimDocumentGradient",
  inputs: [
    "dscores",
    "queries",
    "winners",
    "tokenQuery",
    "tokenDocument",
    "queryOffsets",
  ],
  code: `
fn main(index : i32) {
  if (index >= uniforms.size) { return; }
  let token = index / uniforms.dim;
  let feature = index % uniforms.dim;
  var column = tokenDocument[token];
  var first = 0;
  var end = uniforms.tokenQueryShape;
  if (uniforms.ways > 0) {
    let query = column / uniforms.ways;
    column -= query * uniforms.ways;
    first = queryOffsets[query];
    end = queryOffsets[query + 1];
  }
  var sum = 0.0;
  for (var q = first; q < end; q++) {
    if (winners[q * uniforms.columns + column] == token) {
      sum += dscores[tokenQuery[q] * uniforms.columns + column] *
        queries[q * uniforms.dim + feature];
    }
  }
  setOutputAtIndex(index, sum);
}`,
};
