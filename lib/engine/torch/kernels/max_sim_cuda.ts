/**
 * MaxSim of all queries with all documents by our own CUDA kernel, for vectors in bf16.
 *
 * @module
 */
import { isDifferentiated } from "../../ops/fused.ts";
import type { MaxSimOptions } from "../../ops/max_sim.ts";
import { compileCuda, type CudaKernel } from "../cuda_program.ts";
import type { Kernel, KernelCall } from "../kernel.ts";
import type { TorchLibrary } from "../library.ts";
import { ELEMENT, type Handle } from "../operators.ts";
import type { Tensors } from "../tensors.ts";
import { indices, rowsAt, sumOverQueries } from "./max_sim.ts";
import { rectangleOf } from "./max_sim_plan.ts";
import { BLOCK_ROWS, BLOCK_THREADS, maxSimSource } from "./max_sim_source.ts";

/** Bests that a piece may have: 1 GB. */
const MOST = 2 ** 28;

/** Blocks that keep every GPU of today busy to the end. */
const BLOCKS = 1024;

/** Most documents that a block takes one after the other. */
const EACH = 16;

/** Most blocks along the second axis of a grid. */
const GRID = 65_535;

/** What the kernel needs besides tensors. */
type Library = Pick<TorchLibrary, "functions" | "found" | "gpu"> & {
  /** The driver's library, for tests. */
  readonly driver?: string;
  /** How many blocks keep the GPU busy. Default: any GPU of today. */
  readonly blocks?: number;
};

/** The best of each document for each query row, and the winners' rows. */
interface Bests {
  /** `[query rows, documents]`. */
  readonly best: Handle;
  /** The same shape, rows of the documents' matrix; absent where nobody asked. */
  readonly winners?: Handle;
}

/** The rows that count of one side. */
interface Side {
  /** `[rows, dim]`, bf16, without gaps. */
  readonly matrix: Handle;
  /** Where each text begins in it. */
  readonly starts: Int32Array;
  /** What its rows are called outside; absent where all rows count. */
  readonly rows?: Int32Array;
}

/** Finds the bests of two sides. */
type Find = (torch: Tensors, queries: Side, documents: Side) => Bests;

/**
 * `LabMaxSim` on a GPU: as the kernel of all devices, which it leaves to compute where
 * queries have documents of their own, products are not in bf16, or there is no kernel
 * that gives the same.
 *
 * @param library libtorch's functions, and where it is.
 * @param otherwise The kernel of all devices.
 * @returns The kernel.
 */
export function maxSimOnGpu(library: Library, otherwise: Kernel): Kernel {
  const known = new Map<string, Find | undefined>();
  return (call) => {
    const { inputs: { queries }, attrs, backend, torch } = call;
    const dim = queries!.shape[1]!;
    const isOurs = (attrs as MaxSimOptions).ways === undefined &&
      backend.factor === ELEMENT.bfloat16 && dim % 16 === 0 && dim <= 128;
    if (!isOurs) return otherwise(call);
    const kind = { dim, hasWinners: isDifferentiated() };
    const key = JSON.stringify(kind);
    if (!known.has(key)) known.set(key, proven(library, torch, kind));
    const find = known.get(key);
    return find === undefined ? otherwise(call) : scored(call, find);
  };
}

/** What a compiled kernel is for. */
interface Kind {
  readonly dim: number;
  readonly hasWinners: boolean;
}

/** The kernel of a kind; nothing where it cannot be had or does not give what it must. */
function proven(
  library: Library,
  torch: Tensors,
  kind: Kind,
): Find | undefined {
  try {
    const text = maxSimSource(kind.dim, kind.hasWinners);
    const places = {
      folder: library.found.folder,
      capability: library.gpu.capability ?? 0,
      ...(library.driver !== undefined && { driver: library.driver }),
    };
    const kernel = compileCuda({ text, name: "maxSim" }, places);
    const find = finder(library, kernel, kind);
    return torch.scoped(() => isRight(torch, find, kind)) ? find : undefined;
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return;
    throw error;
  }
}

/** Compares a kernel with products of libtorch's, on a few texts of awkward lengths. */
function isRight(torch: Tensors, find: Find, { dim }: Kind): boolean {
  const sides = [[BLOCK_ROWS + 2], [64, 1, 70, 128]].map((lengths) => {
    const starts = new Int32Array(lengths.length + 1);
    lengths.forEach((length, i) => starts[i + 1] = starts[i]! + length);
    const shape = [starts.at(-1)!, dim];
    const values = Float32Array.from(
      { length: shape[0]! * dim },
      (_, i) => Math.cos(i * i + lengths.length),
    );
    const floats = torch.fromHost(values, shape, ELEMENT.float32);
    return { matrix: torch.as(floats, ELEMENT.bfloat16), starts };
  });
  const [queries, documents] = sides as [Side, Side];
  const found = find(torch, queries, documents);
  const [left, right] = [queries, documents].map(({ matrix }) =>
    torch.as(matrix, ELEMENT.float32)
  ) as [Handle, Handle];
  const product = torch.call("aten::mm", left, torch.call("aten::t", right));
  const [rows, tokens] = [queries.starts.at(-1)!, documents.starts.at(-1)!];
  const similar = torch.toHost(product, "float32", rows * tokens);
  const count = documents.starts.length - 1;
  const best = torch.toHost(found.best, "float32", rows * count);
  const winners = found.winners === undefined
    ? undefined
    : torch.toHost(found.winners, "int32", rows * count);
  const near = (a: number, b: number) => Math.abs(a - b) <= 1e-5 * dim;
  return best.every((value, i) => {
    const [row, text] = [Math.floor(i / count), i % count];
    const start = row * tokens + documents.starts[text]!;
    const end = row * tokens + documents.starts[text + 1]!;
    const wanted = Math.max(...similar.subarray(start, end));
    if (winners === undefined) return near(value, wanted);
    const winner = row * tokens + winners[i]!;
    return near(value, wanted) && winner >= start && winner < end &&
      near(similar[winner]!, wanted);
  });
}

/** How a compiled kernel finds bests, in pieces of documents. */
function finder(
  { functions, blocks = BLOCKS }: Library,
  kernel: CudaKernel,
  { hasWinners }: Kind,
): Find {
  return (torch, queries, documents) => {
    const address = (tensor: Handle) =>
      torch.ask(
        "address",
        (slot) => functions.aoti_torch_get_data_ptr(tensor, slot),
      );
    const [rows, texts] = [queries.starts.at(-1)!, documents.starts.length - 1];
    const starts = indices(torch, documents.starts);
    const across = Math.ceil(rows / BLOCK_ROWS);
    const step = Math.max(1, Math.floor(MOST / rows));
    const pieces: Handle[][] = [];
    for (let first = 0; first < texts; first += step) {
      const count = Math.min(step, texts - first);
      const each = Math.max(
        Math.min(EACH, Math.max(1, Math.floor(count * across / blocks))),
        Math.ceil(count / GRID),
      );
      const kinds = hasWinners
        ? [ELEMENT.float32, ELEMENT.int32]
        : [ELEMENT.float32];
      const made = kinds.map((kind) => torch.empty([rows, count], kind));
      kernel([across, Math.ceil(count / each)], BLOCK_THREADS, [
        ...[queries.matrix, documents.matrix].map(address),
        address(starts) + BigInt(4 * first),
        ...[address(made[0]!), made[1] === undefined ? 0n : address(made[1])],
        ...[rows, count, each],
      ]);
      pieces.push(made);
    }
    const [best, winners] = (hasWinners ? [0, 1] : [0]).map((i) =>
      pieces.length === 1 ? pieces[0]![i]! : torch.call(
        "aten::cat",
        { tensors: pieces.map((made) => made[i]!) },
        { int: 1 },
      )
    );
    return { best: best!, ...(winners !== undefined && { winners }) };
  };
}

/** The rows of a matrix that count. */
function sideOf(
  torch: Tensors,
  matrix: Handle,
  [offsets, keep]: readonly [Int32Array, Uint8Array],
): Side {
  if (!keep.includes(0)) {
    return { matrix: torch.packed(matrix), starts: offsets };
  }
  const starts = new Int32Array(offsets.length);
  const rows = new Int32Array(keep.length);
  let count = 0;
  for (let text = 0; text + 1 < offsets.length; text++) {
    for (let row = offsets[text]!; row < offsets[text + 1]!; row++) {
      if (keep[row] !== 0) rows[count++] = row;
    }
    starts[text + 1] = count;
  }
  const kept = rows.subarray(0, count);
  return {
    matrix: rowsAt(torch, matrix, indices(torch, kept)),
    starts,
    rows: kept,
  };
}

/** Scores and winners, as the kernel of all devices gives them. */
function scored(call: KernelCall, find: Find) {
  const { inputs, attrs, backend, torch } = call;
  const { queryOffsets, queryKeep, documentOffsets, documentKeep } =
    attrs as MaxSimOptions;
  const side = (
    name: "queries" | "documents",
    texts: readonly [Int32Array, Uint8Array],
  ) => sideOf(torch, backend.operand(inputs[name]!), texts);
  const queries = side("queries", [queryOffsets, queryKeep]);
  const documents = side("documents", [documentOffsets, documentKeep]);
  const columns = documentOffsets.length - 1;
  const { best, winners } = find(torch, queries, documents);
  const all = new Uint8Array(queries.starts.at(-1)!).fill(1);
  const texts = queryOffsets.length - 1;
  const rectangle = rectangleOf(queries.starts, all, [0, texts]);
  const isFull = rectangle.rows.length === all.length;
  const laid = isFull
    ? best
    : rowsAt(torch, best, indices(torch, rectangle.rows));
  const scores = backend.adopt(
    sumOverQueries(torch, laid, { ...rectangle, columns }),
    [texts, columns],
  );
  if (winners === undefined) return [scores];
  const shape = [inputs.queries!.shape[0]!, columns];
  const named = namedOutside(torch, winners, { queries, documents, shape });
  return [scores, backend.adopt(named, shape, "int32")];
}

/** Winners under the rows' own numbers; -1 for query rows that do not count. */
function namedOutside(
  torch: Tensors,
  winners: Handle,
  { queries, documents, shape }: {
    readonly queries: Side;
    readonly documents: Side;
    readonly shape: readonly number[];
  },
): Handle {
  const { call } = torch;
  let named = winners;
  if (documents.rows) {
    const flat = call("aten::view", winners, [-1]);
    const rows = rowsAt(torch, indices(torch, documents.rows), flat);
    named = call("aten::view", rows, [-1, shape[1]!]);
  }
  if (!queries.rows) return named;
  const whole = torch.full(shape, -1, ELEMENT.int32);
  const places = torch.as(indices(torch, queries.rows), ELEMENT.int64);
  torch.change("aten::index_copy_", whole, { int: 0 }, places, named);
  return whole;
}
