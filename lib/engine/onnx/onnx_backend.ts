/**
 * The TensorFlow.js backend `onnx`: tensors on pooled memory that the ONNX
 * Runtime computes on directly.
 *
 * @module
 */
import { CountedBackend, type CountedEntry } from "../counted_backend.ts";
import type { StoredNumbers } from "../stored_numbers.ts";
import { sizeOf } from "../reference/shape_walk.ts";
import type { tf } from "../tensor.ts";
import type { Argument } from "./calls.ts";
import { buildGraph, type Graph, type GraphForm } from "./graph.ts";
import { type Block, createMemory, type Memory } from "../memory.ts";
import type { Runtime } from "./runtime.ts";

/** What the backend keeps of one tensor's data. */
interface Storage extends CountedEntry {
  readonly values: StoredNumbers;
  readonly block: Block;
  /** Texts, for the dtype `string` alone. */
  readonly texts?: readonly Uint8Array[];
}

/** A part of a tensor: a shape, from an element on. */
export interface Part {
  /** Lengths by axis; default the tensor's own. */
  readonly shape?: readonly number[];
  /** Which element comes first; default 0. */
  readonly from?: number;
}

/** A tensor's name in TensorFlow.js: data, shape and kind. */
export type Info = tf.TensorInfo;

const BYTES: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  string: 1,
};

/** The view of a block that a kind of numbers needs. */
function viewOf(
  { buffer, offset }: Block,
  dtype: string,
  size: number,
): StoredNumbers {
  if (dtype === "float32") return new Float32Array(buffer, offset, size);
  if (dtype === "int32") return new Int32Array(buffer, offset, size);
  return new Uint8Array(buffer, offset, size);
}

/** Tensors on pooled memory, and the graphs that compute on them. */
export class OnnxBackend extends CountedBackend<Storage> {
  readonly #graphs = new Map<string, Graph>();
  readonly #memory: Memory = createMemory();

  /**
   * @param runtime The started runtime.
   */
  constructor(readonly runtime: Runtime) {
    super();
  }

  /** A new tensor with arbitrary contents. */
  allocate(shape: readonly number[], dtype: tf.DataType = "float32"): Info {
    const size = sizeOf(shape);
    const block = this.#memory.take(size * BYTES[dtype]!);
    const values = viewOf(block, dtype, size);
    const dataId = {};
    this.enter(dataId, { values, block, references: 1 });
    return { dataId, shape: [...shape], dtype };
  }

  /** The numbers of a tensor, to read or to fill; valid until it is freed. */
  values(info: Info): StoredNumbers {
    return this.entries.get(info.dataId).values;
  }

  /** The numbers of a float tensor, to read or to fill. */
  floats(info: Info): Float32Array {
    return this.values(info) as Float32Array;
  }

  /** A tensor, or a part of it, as a graph's input or output. */
  argument(info: Info, { shape = info.shape, from = 0 }: Part = {}): Argument {
    const { address } = this.entries.get(info.dataId).block;
    const bytes = from * BYTES[info.dtype]!;
    return { address: bytes === 0 ? address : address + BigInt(bytes), shape };
  }

  /** The same numbers under another shape. */
  reshaped(info: Info, shape: readonly number[]): Info {
    this.incRef(info.dataId);
    return { dataId: info.dataId, shape: [...shape], dtype: info.dtype };
  }

  /** Whether nobody else reads this tensor's numbers, under any shape. */
  isOwnedAlone(info: Info): boolean {
    return this.entries.get(info.dataId).references === 1;
  }

  /** Frees a tensor that only kernels have seen. */
  free(info: Info): void {
    this.disposeData(info.dataId);
  }

  /** The graph of a name, built at its first use. */
  graph(name: string, form: () => GraphForm): Graph {
    let graph = this.#graphs.get(name);
    if (graph === undefined) {
      graph = buildGraph(this.runtime, form());
      this.#graphs.set(name, graph);
    }
    return graph;
  }

  /**
   * Performs the graph calls of each item side by side on all threads; those of
   * one item one after the other. No item may read what another one writes, and
   * nothing may be freed before all are done.
   */
  together<Item>(items: readonly Item[], note: (item: Item) => void): void {
    this.runtime.calls.together(items.length, (chain) => note(items[chain]!));
  }

  /** Bytes taken and waiting in the pool. */
  memoryUsage(): { readonly taken: number; readonly waiting: number } {
    return this.#memory.usage();
  }

  override move(
    dataId: object,
    values: tf.backend_util.BackendValues,
    shape: number[],
    dtype: tf.DataType,
    references: number,
  ): void {
    const info = this.allocate(shape, dtype);
    this.#fill(info, values);
    const storage = this.entries.get(info.dataId);
    this.entries.delete(info.dataId);
    this.entries.set(dataId, { ...storage, references });
  }

  /** Copies numbers, or keeps texts. */
  #fill(info: Info, values: tf.backend_util.BackendValues | null): void {
    if (values === null) return;
    if (info.dtype === "string") {
      const storage = this.entries.get(info.dataId);
      const texts = values as Uint8Array[];
      this.entries.set(info.dataId, { ...storage, texts });
    } else this.values(info).set(values as Float32Array);
  }

  override readSync(dataId: object): tf.backend_util.BackendValues {
    const { values, texts } = this.entries.get(dataId);
    return texts === undefined ? values.slice() : [...texts];
  }

  protected override release({ block }: Storage): void {
    this.#memory.give(block);
  }
}
