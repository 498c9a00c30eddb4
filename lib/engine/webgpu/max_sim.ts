import type { MaxSimOptions } from "../ops/max_sim.ts";
import { type Block, type Kept, tilesOf } from "../ops/max_sim_tiles.ts";
import { sizeOf } from "../reference/shape_walk.ts";
import { tf } from "../tensor.ts";
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
import {
  webgpu_util,
  type WebGPUBackend,
} from "@tensorflow/tfjs-backend-webgpu";

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
  readonly shape: readonly number[];
  readonly dtype: "float32" | "int32";
  /** Workgroups; absent for a thread an element. */
  readonly groups?: number;
}

/** A program of TensorFlow.js. */
function programOf(
  { key, inputs, code, workgroup, makesFeatures }: Shader,
  { shape, groups }: Work,
  lanes: Lanes,
) {
  const threads = groups === undefined ? sizeOf(shape) : groups * workgroup;
  const workgroupSize: [number, number, number] = [workgroup, 1, 1];
  const dispatchLayout = { x: [0] };
  return {
    variableNames: [...inputs],
    variableComponents: inputs.map((name) =>
      VECTORS.includes(name) ? lanes : 1
    ),
    outputComponent: makesFeatures ? lanes : 1,
    outputShape: [...shape],
    dispatchLayout,
    dispatch: webgpu_util.computeDispatch(
      dispatchLayout,
      [threads],
      workgroupSize,
    ),
    workgroupSize,
    shaderKey: `${key}${lanes}`,
    size: true,
    uniforms: MAX_SIM_UNIFORMS,
    getUserCode: () => code(lanes),
  };
}

/** Runs programs about one meeting; frees what it uploads. */
function runnerOf(backend: WebGPUBackend, meeting: Meeting) {
  const { columns, dim, ways, query } = meeting;
  const lanes: Lanes = dim % 4 === 0 ? 4 : 1;
  return (shader: Shader, work: Work): tf.TensorInfo => {
    const own: tf.TensorInfo[] = [];
    const given = shader.inputs.map((name) => {
      const input = work.inputs[name]!;
      if (!(input instanceof Int32Array)) return input;
      const info = backend.makeTensorInfo([input.length], "int32", input);
      own.push(info);
      return info;
    });
    const { groups = 0, dtype } = work;
    const made = backend.runWebGPUProgram(
      programOf(shader, work, lanes),
      given,
      dtype,
      [columns, dim / lanes, ways, query.rows.length, groups].map(
        (number) => ({ type: "int32", data: [number] }),
      ),
    );
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

/** `LabMaxSim`: `[scores, winners]`, winners as the program `WINNERS` leaves them. */
const maxSim: tf.KernelFunc = ({ inputs, attrs, backend }) => {
  const { queries, documents } = inputs as Record<string, tf.TensorInfo>;
  const options = attrs as unknown as MaxSimOptions;
  const meeting = meetingOf(options, queries!);
  const { query, document, columns } = meeting;
  const run = runnerOf(backend as WebGPUBackend, meeting);
  const tiles = tilesOfSlots(meeting);
  const winners = run(WINNERS, {
    inputs: {
      queries: queries!,
      documents: documents!,
      queryRows: query.rows,
      documentRows: document.rows,
      documentStarts: startsOf(document),
      tiles,
    },
    shape: [2, columns, query.rows.length],
    dtype: "int32",
    groups: tiles.length / 3 * columns,
  });
  const scores = run(SCORES, {
    inputs: { winners, queryStarts: startsOf(query) },
    shape: [query.spans.length, columns],
    dtype: "float32",
  });
  return [scores, winners];
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
    shape: queries.shape,
    dtype: "float32",
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
    shape: documents.shape,
    dtype: "float32",
    groups: documents.shape[0]!,
  });
  return [dqueries, ddocuments];
};

/** MaxSim and its gradient, by name. */
export const maxSimKernels: Readonly<Record<string, tf.KernelFunc>> = {
  LabMaxSim: maxSim,
  LabMaxSimGrad: maxSimGradient,
};
