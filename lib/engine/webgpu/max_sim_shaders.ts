/**
 * MaxSim in WGSL, in the form of TensorFlow.js's WebGPU programs: inputs are arrays by
 * their names, and `uniforms` are numbers. Dropped tokens are left out beforehand: a
 * query token that counts has a "slot", its place among those, and a table says its row.
 *
 * All sums are gathered in a fixed order, none scattered: they do not depend on who is
 * first. What decides how far a loop goes is read by one thread for its workgroup,
 * because every thread of a workgroup must come to its barriers.
 *
 * Source: the tiles are those of a matrix product in shared memory, as in chapter 5 of
 * Kirk and Hwu, Programming Massively Parallel Processors.
 *
 * @module
 */

/** How many numbers a program takes at once: 4 where the dim allows it. */
export type Lanes = 1 | 4;

/** A program's inputs by name, and what it does. */
export interface Shader {
  /** Its name among all programs. */
  readonly key: string;
  /** Arrays it reads, in their order. */
  readonly inputs: readonly string[];
  /** Threads of a workgroup where they work together. */
  readonly workgroup?: number;
  /** Whether it makes rows of features. */
  readonly makesFeatures?: boolean;
  /** WGSL with a function `main`, given an index among all threads. */
  readonly code: (lanes: Lanes) => string;
}

/** Rows of tokens of either side that a workgroup compares at once. */
export const TILE = 32;

/** Lanes of features that a workgroup holds of each of them. */
const DEPTH = 8;

/**
 * The numbers that all programs are told, in their order: columns of scores that are
 * worked on, the first of them, and all there are; lanes of a row of features; ways, or
 * 0; slots; and workgroups, or threads of a program without.
 */
export const MAX_SIM_UNIFORMS =
  "columns : i32, first : i32, stride : i32, width : i32, ways : i32, slots : i32, groups : i32,";

/** The type of a few features. */
const features = (lanes: Lanes) => lanes === 4 ? "vec4<f32>" : "f32";

/**
 * The winning document token of every slot and column, then the bits of its similarity,
 * `[2, columns, slots]`: the first of equals, NaN before all.
 *
 * A workgroup has 32 query tokens and one document, 32 tokens of it at a time, and of
 * both a few features in shared memory; each of its 8 x 8 threads has 4 x 4 pairs.
 */
export const WINNERS: Shader = {
  key: "labMaxSimWinners",
  inputs: [
    "queries",
    "documents",
    "queryRows",
    "documentRows",
    "documentStarts",
    "tiles",
  ],
  workgroup: 64,
  code: (lanes) => `
var<workgroup> queryTile : array<${features(lanes)}, ${TILE * DEPTH}>;
var<workgroup> documentTile : array<${features(lanes)}, ${TILE * DEPTH}>;
var<workgroup> bests : array<f32, ${TILE * 8}>;
var<workgroup> places : array<i32, ${TILE * 8}>;
var<workgroup> span : vec4<i32>;

fn beats(value : f32, place : i32, best : f32, winner : i32) -> bool {
  if (place < 0 || winner < 0) { return winner < 0; }
  if (isnan(value) != isnan(best)) { return isnan(value); }
  if (!isnan(value) && value != best) { return value > best; }
  return place < winner;
}

fn main(index : i32) {
  let group = min(index / 64, uniforms.groups - 1);
  let column = group % uniforms.columns;
  if (localIndex == 0u) {
    let tile = group / uniforms.columns * 3;
    let document = tiles[tile + 2] + uniforms.first + column;
    span = vec4<i32>(tiles[tile], tiles[tile + 1],
      documentStarts[document], documentStarts[document + 1]);
  }
  let place = workgroupUniformLoad(&span);
  let lane = i32(localIndex);
  let row = lane / 8 * 4;
  let side = lane % 8;
  var best = vec4<f32>(0.0);
  var winner = vec4<i32>(-1);
  for (var d0 = place.z; d0 < place.w; d0 += ${TILE}) {
    var sums = array<vec4<f32>, 4>();
    for (var k0 = 0; k0 < uniforms.width; k0 += ${DEPTH}) {
      for (var at = lane; at < ${TILE * DEPTH}; at += 64) {
        let r = at / ${DEPTH};
        let k = k0 + at % ${DEPTH};
        let to = at % ${DEPTH} * ${TILE} + r;
        queryTile[to] = ${features(lanes)}(0.0);
        documentTile[to] = ${features(lanes)}(0.0);
        if (k < uniforms.width && place.x + r < place.y) {
          queryTile[to] = queries[queryRows[place.x + r] * uniforms.width + k];
        }
        if (k < uniforms.width && d0 + r < place.w) {
          documentTile[to] = documents[documentRows[d0 + r] * uniforms.width + k];
        }
      }
      workgroupBarrier();
      for (var k = 0; k < ${TILE * DEPTH}; k += ${TILE}) {
        let d = k + side;
        let a = documentTile[d];
        let b = documentTile[d + 8];
        let c = documentTile[d + 16];
        let e = documentTile[d + 24];
        for (var i = 0; i < 4; i++) {
          let q = queryTile[k + row + i];
          sums[i] += ${
    lanes === 4
      ? "vec4<f32>(dot(q, a), dot(q, b), dot(q, c), dot(q, e))"
      : "q * vec4<f32>(a, b, c, e)"
  };
        }
      }
      workgroupBarrier();
    }
    for (var i = 0; i < 4; i++) {
      for (var j = 0; j < 4; j++) {
        let d = d0 + side + 8 * j;
        let value = sums[i][j];
        if (d < place.w && beats(value, d, best[i], winner[i])) {
          best[i] = value;
          winner[i] = d;
        }
      }
    }
  }
  for (var i = 0; i < 4; i++) {
    bests[(row + i) * 8 + side] = best[i];
    places[(row + i) * 8 + side] = winner[i];
  }
  workgroupBarrier();
  if (place.x + lane < place.y && lane < ${TILE}) {
    var most = bests[lane * 8];
    var first = places[lane * 8];
    for (var i = lane * 8 + 1; i < lane * 8 + 8; i++) {
      if (beats(bests[i], places[i], most, first)) {
        most = bests[i];
        first = places[i];
      }
    }
    let to = column * uniforms.slots + place.x + lane;
    result[to] = documentRows[first];
    result[uniforms.columns * uniforms.slots + to] = bitcast<i32>(most);
  }
}`,
};

/** The sum of a query's bests, `[queries, columns]`. */
export const SCORES: Shader = {
  key: "labMaxSimScores",
  inputs: ["winners", "queryStarts"],
  code: () => `
fn main(index : i32) {
  if (index >= uniforms.groups) { return; }
  let query = index / uniforms.columns;
  let column = index % uniforms.columns;
  let bests = (uniforms.columns + column) * uniforms.slots;
  var sum = 0.0;
  for (var slot = queryStarts[query]; slot < queryStarts[query + 1]; slot++) {
    sum += bitcast<f32>(winners[bests + slot]);
  }
  result[query * uniforms.stride + uniforms.first + column] = sum;
}`,
};

/**
 * Each query token gets the tokens that won it, `[queryTokens, dim]`.
 *
 * A workgroup has one token; its threads share what they read of 32 columns.
 */
export const QUERY_GRADIENT: Shader = {
  key: "labMaxSimQueryGradient",
  inputs: ["dscores", "documents", "winners", "tokenSlots", "slotQueries"],
  workgroup: 32,
  makesFeatures: true,
  code: (lanes) => `
var<workgroup> rows : array<i32, 32>;
var<workgroup> shares : array<f32, 32>;
var<workgroup> mine : i32;

fn main(index : i32) {
  let token = min(index / 32, uniforms.groups - 1);
  let lane = i32(localIndex);
  if (lane == 0) { mine = tokenSlots[token]; }
  let slot = workgroupUniformLoad(&mine);
  let columns = select(0, uniforms.columns, slot >= 0);
  for (var f0 = 0; f0 < uniforms.width; f0 += 32) {
    var sum = ${features(lanes)}(0.0);
    for (var c0 = 0; c0 < columns; c0 += 32) {
      if (c0 + lane < columns) {
        rows[lane] = winners[(c0 + lane) * uniforms.slots + slot];
        shares[lane] = dscores[slotQueries[slot] * columns + c0 + lane];
      }
      workgroupBarrier();
      if (f0 + lane < uniforms.width) {
        for (var i = 0; i < min(32, columns - c0); i++) {
          sum += shares[i] * documents[rows[i] * uniforms.width + f0 + lane];
        }
      }
      workgroupBarrier();
    }
    if (f0 + lane < uniforms.width) {
      result[token * uniforms.width + f0 + lane] = sum;
    }
  }
}`,
};

/**
 * Each document token gets the query tokens it won, `[documentTokens, dim]`.
 *
 * A workgroup has one token. Its threads look at 32 slots at once, each at one, and note
 * those it won as bits, which all threads then go through from the lowest. Three notes
 * take turns, so that one barrier lies between clearing, writing and reading each.
 */
export const DOCUMENT_GRADIENT: Shader = {
  key: "labMaxSimDocumentGradient",
  inputs: [
    "dscores",
    "queries",
    "winners",
    "tokenDocuments",
    "queryStarts",
    "queryRows",
    "slotQueries",
  ],
  workgroup: 32,
  makesFeatures: true,
  code: (lanes) => `
var<workgroup> won : array<atomic<u32>, 3>;
var<workgroup> span : vec3<i32>;

fn main(index : i32) {
  let token = min(index / 32, uniforms.groups - 1);
  let lane = i32(localIndex);
  if (lane == 0) {
    let document = tokenDocuments[token];
    span = vec3<i32>(0, uniforms.slots, document);
    if (uniforms.ways > 0) {
      let query = document / uniforms.ways;
      span = vec3<i32>(queryStarts[query], queryStarts[query + 1],
        document - query * uniforms.ways);
    }
    atomicStore(&won[0], 0u);
  }
  let place = workgroupUniformLoad(&span);
  let column = place.z * uniforms.slots;
  var turn = 0;
  for (var f0 = 0; f0 < uniforms.width; f0 += 32) {
    var sum = ${features(lanes)}(0.0);
    for (var first = place.x; first < place.y; first += 32) {
      let next = (turn + 1) % 3;
      if (lane == 0) { atomicStore(&won[next], 0u); }
      if (first + lane < place.y && winners[column + first + lane] == token) {
        atomicOr(&won[turn], 1u << localIndex);
      }
      workgroupBarrier();
      var bits = atomicLoad(&won[turn]);
      while (bits != 0u && f0 + lane < uniforms.width) {
        let slot = first + i32(countTrailingZeros(bits));
        bits &= bits - 1u;
        sum += dscores[slotQueries[slot] * uniforms.columns + place.z] *
          queries[queryRows[slot] * uniforms.width + f0 + lane];
      }
      turn = next;
    }
    if (f0 + lane < uniforms.width) {
      result[token * uniforms.width + f0 + lane] = sum;
    }
  }
}`,
};
