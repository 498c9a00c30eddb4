import type { MaxSimOptions } from "../ops/max_sim.ts";
import { tf } from "../tensor.ts";
import {
  DOCUMENT_GRADIENT,
  MAX_SIM_UNIFORMS,
  QUERY_GRADIENT,
  SCORES,
  type Shader,
  WINNERS,
} from "./max_sim_shaders.ts";
import {
  webgpu_util,
  type WebGPUBackend,
} from "@tensorflow/tfjs-backend-webgpu";

/** Threads that share a processor of the device. */
const WORKGROUP = 64;

/** What the kernels hand to a program: tensors, and arrays of the host. */
type Inputs = Readonly<Record<string, tf.TensorInfo | Int32Array>>;

/** Sizes that the programs are told. */
interface Sizes {
  readonly columns: number;
  readonly dim: number;
  readonly ways: number;
}

/** Runs a program over every element of its output. */
function runShader(
  backend: WebGPUBackend,
  { key, inputs: names, code }: Shader,
  { inputs, shape, dtype, sizes }: {
    readonly inputs: Inputs;
    readonly shape: readonly number[];
    readonly dtype: "float32" | "int32";
    readonly sizes: Sizes;
  },
): tf.TensorInfo {
  const outputShape = [...shape];
  const workgroupSize: [number, number, number] = [WORKGROUP, 1, 1];
  const dispatchLayout = webgpu_util.flatDispatchLayout(outputShape);
  const own: tf.TensorInfo[] = [];
  const given = names.map((name) => {
    const input = inputs[name]!;
    if (!(input instanceof Int32Array)) return input;
    const info = backend.makeTensorInfo([input.length], "int32", input);
    own.push(info);
    return info;
  });
  const program = {
    variableNames: [...names],
    outputShape,
    dispatchLayout,
    dispatch: webgpu_util.computeDispatch(
      dispatchLayout,
      outputShape,
      workgroupSize,
    ),
    workgroupSize,
    shaderKey: key,
    size: true,
    uniforms: MAX_SIM_UNIFORMS,
    getUserCode: () => code,
  };
  const { columns, dim, ways } = sizes;
  const result = backend.runWebGPUProgram(program, given, dtype, [
    { type: "int32", data: [columns] },
    { type: "int32", data: [dim] },
    { type: "int32", data: [ways] },
  ]);
  own.forEach(({ dataId }) => backend.disposeData(dataId));
  return result;
}

/** Which text each token is of; -1 where it is dropped. */
function textOfToken(offsets: Int32Array, keep?: Uint8Array): Int32Array {
  const texts = new Int32Array(offsets.at(-1)!);
  for (let text = 0; text + 1 < offsets.length; text++) {
    texts.fill(text, offsets[text], offsets[text + 1]);
  }
  return keep ? texts.map((text, i) => keep[i] === 0 ? -1 : text) : texts;
}

function sizesOf(options: MaxSimOptions, queries: tf.TensorInfo): Sizes {
  const { ways = 0, documentOffsets } = options;
  return {
    columns: ways || documentOffsets.length - 1,
    dim: queries.shape[1]!,
    ways,
  };
}

/** `LabMaxSim`: `[scores, winners]`, winners `[queryTokens, columns]`, -1 for a dropped token. */
const maxSim: tf.KernelFunc = ({ inputs, attrs, backend }) => {
  const options = attrs as unknown as MaxSimOptions;
  const gpu = backend as WebGPUBackend;
  const { queries, documents } = inputs as Record<string, tf.TensorInfo>;
  const sizes = sizesOf(options, queries!);
  const { queryOffsets, documentOffsets } = options;
  const sides = { queries: queries!, documents: documents! };
  const winners = runShader(gpu, WINNERS, {
    inputs: {
      ...sides,
      tokenQuery: textOfToken(queryOffsets, options.queryKeep),
      documentOffsets,
      documentKeep: Int32Array.from(options.documentKeep),
    },
    shape: [queries!.shape[0]!, sizes.columns],
    dtype: "int32",
    sizes,
  });
  const scores = runShader(gpu, SCORES, {
    inputs: { ...sides, winners, queryOffsets },
    shape: [queryOffsets.length - 1, sizes.columns],
    dtype: "float32",
    sizes,
  });
  return [scores, winners];
};

/** `LabMaxSimGrad`: `[dqueries, ddocuments]`; only winners take part. */
const maxSimGradient: tf.KernelFunc = ({ inputs, attrs, backend }) => {
  const options = attrs as unknown as MaxSimOptions;
  const gpu = backend as WebGPUBackend;
  const { queries, documents, dscores, winners } = inputs as Record<
    "queries" | "documents" | "dscores" | "winners",
    tf.TensorInfo
  >;
  const { queryOffsets, documentOffsets } = options;
  const shared = {
    dscores,
    winners,
    tokenQuery: textOfToken(queryOffsets, options.queryKeep),
  };
  const sizes = sizesOf(options, queries);
  const dqueries = runShader(gpu, QUERY_GRADIENT, {
    inputs: { ...shared, documents },
    shape: queries.shape,
    dtype: "float32",
    sizes,
  });
  const ddocuments = runShader(gpu, DOCUMENT_GRADIENT, {
    inputs: {
      ...shared,
      queries,
      tokenDocument: textOfToken(documentOffsets),
      queryOffsets,
    },
    shape: documents.shape,
    dtype: "float32",
    sizes,
  });
  return [dqueries, ddocuments];
};

/** MaxSim and its gradient, by name. */
export const maxSimKernels: Readonly<Record<string, tf.KernelFunc>> = {
  LabMaxSim: maxSim,
  LabMaxSimGrad: maxSimGradient,
};
