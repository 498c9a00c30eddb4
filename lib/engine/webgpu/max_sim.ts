import { isDifferentiated } from "../ops/fused.ts";
import type { MaxSimOptions } from "../ops/max_sim.ts";
import {
  type Block,
  type Kept,
  type Span,
  tilesOf,
} from "../ops/max_sim_tiles.ts";
import type { tf } from "../tensor.ts";
import {
  DOCUMENT_GRADIENT,
  type Lanes,
  MAX_SIM_UNIFORMS,
  QUERY_GRADIENT,
  SCORES,
  type Shader,
  TILE,
  WINNERS,
} from "./max_sim_shaders.ts";
import { runProgram } from "./program.ts";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";

/** What the kernels hand to a program: tensors, and arrays of the host. */
type Inputs = Readonly<Record<string, tf.TensorInfo | Int32Array>>;

/** Inputs that hold features. */
const VECTORS = ["queries", "documents"];

/** Which tokens meet, as the programs are told. */
interface Meeting {
  readonly query: Kept;
  readonly document: Kept;
  readonly blocks: readonly Block[];
  readonly columns: number;
  readonly ways: number;
  readonly dim: number;
}

/** What a program makes of what. */
interface Work {
  readonly inputs: Inputs;
  /** What is made, new or there already. */
  readonly output: Pick<tf.TensorInfo, "shape" | "dtype"> | tf.TensorInfo;
  /** Workgroups; of `SCORES` threads. */
  readonly groups: number;
  /** Columns that are worked on; absent for all. */
  readonly columns?: Span;
}

/** Runs programs about one meeting; frees what it uploads. */
function runnerOf(backend: WebGPUBackend, meeting: Meeting) {
  const { columns: all, dim, ways, query: { rows: { length: slots } } } =
    meeting;
  const lanes: Lanes = dim % 4 === 0 ? 4 : 1;
  return (shader: Shader, work: Work): tf.TensorInfo => {
    const { key, inputs: names, workgroup, makesFeatures, code } = shader;
    const own: tf.TensorInfo[] = [];
    const inputs = names.map((name) => {
      const input = work.inputs[name]!;
      if (!(input instanceof Int32Array)) return input;
      const info = backend.makeTensorInfo([input.length], "int32", input);
      own.push(info);
      return info;
    });
    const { start, length } = work.columns ?? { start: 0, length: all };
    const { groups, output } = work;
    const program = {
      key: `${key}${lanes}`,
      inputs: names,
      lanes: names.map((name) => VECTORS.includes(name) ? lanes : 1),
      outputLanes: makesFeatures ? lanes : 1,
      workgroup,
      uniforms: MAX_SIM_UNIFORMS,
      code: code(lanes),
    };
    const made = runProgram(backend, program, {
      inputs,
      output,
      threads: groups * (workgroup ?? 1),
      numbers: [length, start, all, dim / lanes, ways, slots, groups],
      kind: "int32",
    });
    own.forEach(({ dataId }) => backend.disposeData(dataId));
    return made;
  };
}

/** Who meets whom. */
function meetingOf(options: MaxSimOptions, queries: tf.TensorInfo): Meeting {
  const { ways = 0, documentOffsets } = options;
  return {
    ...tilesOf(options),
    columns: ways || documentOffsets.length - 1,
    ways,
    dim: queries.shape[1]!,
  };
}

/** Where each text begins among the tokens that count, `[texts + 1]`. */
function startsOf({ spans, rows }: Kept): Int32Array {
  return Int32Array.from([...spans.map(({ start }) => start), rows.length]);
}

/** The text of each of the tokens that `starts` counts. */
function textsOf(starts: Int32Array): Int32Array {
  const texts = new Int32Array(starts.at(-1)!);
  for (let text = 0; text + 1 < starts.length; text++) {
    texts.fill(text, starts[text], starts[text + 1]);
  }
  return texts;
}

/** First slot, end, and first document of every tile, three numbers each. */
function tilesOfSlots({ blocks, ways }: Meeting): Int32Array {
  return Int32Array.from(
    blocks.flatMap(({ rows: { start, length } }, block) =>
      Array.from({ length: Math.ceil(length / TILE) }, (_, i) => [
        start + i * TILE,
        start + Math.min((i + 1) * TILE, length),
        block * ways,
      ]).flat()
    ),
  );
}

/** The slot of every query token, -1 where it is dropped. */
function slotsOf({ rows, total }: Kept): Int32Array {
  const slots = new Int32Array(total).fill(-1);
  rows.forEach((row, slot) => slots[row] = slot);
  return slots;
}

/** Bytes of a slot's winner and its similarity. */
const WINNER_BYTES = 8;

/**
 * Parts of the columns whose winners one array of the device holds; all at once where a
 * gradient will ask for them.
 */
function partsOf(backend: WebGPUBackend, { columns, query }: Meeting): Span[] {
  const most = backend.device.limits.maxStorageBufferBindingSize;
  const fitting = Math.floor(most / WINNER_BYTES / query.rows.length);
  const room = Math.max(1, fitting);
  if (columns <= room) return [{ start: 0, length: columns }];
  if (isDifferentiated()) {
    throw new RangeError(
      `Cannot score by MaxSim on the graphics device: expected ${query.rows.length} query tokens to meet at most ${room} documents, got ${columns}; use a smaller batch`,
    );
  }
  return Array.from({ length: Math.ceil(columns / room) }, (_, i) => ({
    start: i * room,
    length: Math.min(room, columns - i * room),
  }));
}

/**
 * `LabMaxSim`: `[scores, winners]`, winners as the program `WINNERS` leaves them, those
 * of the last part of the columns where there are several.
 */
const maxSim: tf.KernelFunc = ({ inputs, attrs, backend: given }) => {
  const backend = given as WebGPUBackend;
  const { queries, documents } = inputs as Record<string, tf.TensorInfo>;
  const options = attrs as unknown as MaxSimOptions;
  const meeting = meetingOf(options, queries!);
  const { query, document } = meeting;
  const run = runnerOf(backend, meeting);
  const tiles = tilesOfSlots(meeting);
  const sides = {
    queries: queries!,
    documents: documents!,
    queryRows: query.rows,
    documentRows: document.rows,
    documentStarts: startsOf(document),
    tiles,
  };
  const queryStarts = startsOf(query);
  const shape = [query.spans.length, meeting.columns];
  let scores: Work["output"] = { shape, dtype: "float32" };
  let winners: tf.TensorInfo | undefined;
  for (const columns of partsOf(backend, meeting)) {
    if (winners) backend.disposeData(winners.dataId);
    winners = run(WINNERS, {
      inputs: sides,
      output: { shape: [2, columns.length, query.rows.length], dtype: "int32" },
      groups: tiles.length / 3 * columns.length,
      columns,
    });
    scores = run(SCORES, {
      inputs: { winners, queryStarts },
      output: scores,
      groups: shape[0]! * columns.length,
      columns,
    });
  }
  return [scores as tf.TensorInfo, winners!];
};

/** `LabMaxSimGrad`: `[dqueries, ddocuments]`; only winners take part. */
const maxSimGradient: tf.KernelFunc = ({ inputs, attrs, backend }) => {
  const { queries, documents, dscores, winners } = inputs as Record<
    "queries" | "documents" | "dscores" | "winners",
    tf.TensorInfo
  >;
  const options = attrs as unknown as MaxSimOptions;
  const meeting = meetingOf(options, queries);
  const { query } = meeting;
  const run = runnerOf(backend as WebGPUBackend, meeting);
  const queryStarts = startsOf(query);
  const slotQueries = textsOf(queryStarts);
  const shared = { dscores, winners, slotQueries };
  const dqueries = run(QUERY_GRADIENT, {
    inputs: { ...shared, documents, tokenSlots: slotsOf(query) },
    output: { shape: queries.shape, dtype: "float32" },
    groups: queries.shape[0]!,
  });
  const ddocuments = run(DOCUMENT_GRADIENT, {
    inputs: {
      ...shared,
      queries,
      tokenDocuments: textsOf(options.documentOffsets),
      queryStarts,
      queryRows: query.rows,
    },
    output: { shape: documents.shape, dtype: "float32" },
    groups: documents.shape[0]!,
  });
  return [dqueries, ddocuments];
};

/** MaxSim and its gradient, by name. */
export const maxSimKernels: Readonly<Record<string, tf.KernelFunc>> = {
  LabMaxSim: maxSim,
  LabMaxSimGrad: maxSimGradient,
};
